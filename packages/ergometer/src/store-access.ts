import { readFileSync } from 'node:fs'
import { ErgometerError, redactText } from '@ergometer/core'
import type { StoreAccess } from './prometheus-store.ts'

/** Where the store is, and where its token. */
export interface StoreFlags {
  readonly fromPrometheus: string
  /** Name of an environment variable. */
  readonly tokenEnv?: string | undefined
  readonly tokenFile?: string | undefined
}

/** What may stand in a header: anything else would be refused with a message that prints the secret. */
const TOKEN = /^[\x21-\x7e]+$/

/** How to ask the store that flags name. Throws an ErgometerError `SETTINGS_INVALID`, which names no secret. */
export function storeAccess(
  { fromPrometheus, tokenEnv, tokenFile }: StoreFlags,
  env: NodeJS.ProcessEnv,
): Omit<StoreAccess, 'fetch'> {
  const given = URL.canParse(fromPrometheus) ? new URL(fromPrometheus) : undefined
  if (!given || !/^https?:$/.test(given.protocol)) {
    throw invalid(
      `--from-prometheus '${redactText(fromPrometheus)}'`,
      'expected the http or https address of a store, such as http://prometheus:9090',
    )
  }
  const url = new URL(given.origin + given.pathname)
  const user = decoded(given.username)
  const password = decoded(given.password)
  if ([user !== '' || password !== '', tokenEnv, tokenFile].filter(Boolean).length > 1)
    throw invalid('--token-env, --token-file, user and password in the URL', 'expected one of them')
  if (user !== '' || password !== '') {
    const pair = Buffer.from(`${user}:${password}`).toString('base64')
    const secrets = [pair, password, given.password].filter((secret) => secret !== '')
    return { url, authorisation: `Basic ${pair}`, secrets }
  }
  const token =
    tokenEnv !== undefined
      ? tokenIn(env[tokenEnv] ?? '', `--token-env ${tokenEnv}`)
      : tokenFile !== undefined
        ? tokenIn(textOf(tokenFile), `--token-file ${tokenFile}`)
        : undefined
  return token === undefined
    ? { url, secrets: [] }
    : { url, authorisation: `Bearer ${token}`, secrets: [token] }
}

function tokenIn(text: string, where: string): string {
  const token = text.trim()
  if (TOKEN.test(token)) return token
  throw invalid(where, 'expected one token on one line there')
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw invalid(`--token-file ${file}`, `it cannot be read (${(cause as NodeJS.ErrnoException).code})`)
  }
}

/** A percent sign that begins no escape is itself. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function invalid(what: string, expected: string): ErgometerError {
  return new ErgometerError('SETTINGS_INVALID', `report: ${what}: ${expected}`)
}
