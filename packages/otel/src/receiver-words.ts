import { redactText } from '@ergometer/core'

type Environment = Readonly<Record<string, string | undefined>>

const LONGEST = 200
const SHORTEST_SECRET = 4
const HEADERS = ['OTEL_EXPORTER_OTLP_HEADERS', 'OTEL_EXPORTER_OTLP_METRICS_HEADERS']

/**
 * What a receiver says, for a person, in one line: it may be anybody's, may be binary, and may repeat what it was sent, secrets among
 * it. Undefined where nothing is left.
 */
export function receiverWords(text: string, url: string, env: Environment): string | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what is binary is no text for a person
  const [line = ''] = /[\u0000-\u0008\u000e-\u001f\u007f\ufffd]/.test(text) ? [] : text.trim().split(/[\r\n]/)
  let words = line
  for (const secret of secretsOf(url, env)) words = words.replaceAll(secret, '***')
  words = redactText(words).trim()
  if (words === '') return undefined
  return words.length > LONGEST ? `${words.slice(0, LONGEST)}…` : words
}

/** Values of headers, and names and passwords of an address. */
function secretsOf(url: string, env: Environment): string[] {
  const { username, password } = URL.canParse(url) ? new URL(url) : { username: '', password: '' }
  const headers = HEADERS.flatMap((name) => (env[name] ?? '').split(','))
  const values = headers.flatMap((header) => {
    const value = decoded(header.slice(header.indexOf('=') + 1).trim())
    // Of 'Bearer xyz' the second word is the secret.
    return [value, ...value.split(/\s+/)]
  })
  return [...values, username, password, decoded(username), decoded(password)]
    .filter((secret) => secret.length >= SHORTEST_SECRET && !/^(bearer|basic)$/i.test(secret))
    .sort((a, b) => b.length - a.length)
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
