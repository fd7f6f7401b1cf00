/** One question to a metadata service. */
interface MetadataQuestion {
  readonly path: string
  readonly method?: 'GET' | 'PUT'
  readonly headers: Readonly<Record<string, string>>
}

/** Asks a metadata service; settles with its reply's text. */
export type AskMetadata = (question: MetadataQuestion) => Promise<MetadataReply>

/** What a metadata service told. */
interface MetadataReply {
  readonly text: string
  readonly headers: Headers
}

/** No reply is longer, in characters. */
const LONGEST_REPLY = 64 * 1024

/** Asks the service at a base URL. What is no good reply is an error, with one line. */
export function metadataService(
  base: string,
  fetch: typeof globalThis.fetch,
  signal: AbortSignal,
): AskMetadata {
  return async ({ path, method = 'GET', headers }) => {
    const url = `${base.replace(/\/+$/, '')}${path}`
    const response = await fetch(url, { method, headers, signal, redirect: 'error' })
    if (response.status !== 200) throw new Error(`${method} ${path}: status ${response.status}`)
    const text = await response.text()
    if (text.length > LONGEST_REPLY) throw new Error(`${method} ${path}: the reply is too long`)
    return { text, headers: response.headers }
  }
}

/** A reply that is a JSON object. */
export function parseObject(text: string): Readonly<Record<string, unknown>> {
  const value: unknown = JSON.parse(text)
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error('expected an object')
  return value as Record<string, unknown>
}
