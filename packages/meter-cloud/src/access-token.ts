import { MeterError } from '@ergometer/meter'

/** Where bearer tokens come from. They are never kept by who asks, and stand in no message. */
export interface TokenSource {
  /**
   * A token; a `fresh` one when a service has refused the last. Throws a MeterError `CLOUD_PEER_MISSING` or
   * `CLOUD_CREDENTIALS_MISSING`.
   */
  token(fresh: boolean): Promise<string>
}

/** What may stand in a header: anything else would be refused with a message that prints it. */
const PRINTABLE = /^[\x21-\x7e]{1,16384}$/
/**
 * Words of RFC 6749 (5.2), of Entra, of files and sockets, the most telling first: all that is told of why there is no token, as the
 * rest of an error may hold one.
 */
const KNOWN_REASONS = [
  /\b(invalid_request|invalid_client|invalid_grant|unauthorized_client|unsupported_grant_type|invalid_scope|invalid_target)\b/,
  /\b(AADSTS\d{1,9})\b/,
  /\b(E[A-Z]{4,20})\b/,
  /\b(CredentialUnavailableError)\b/,
]

/** A token that can be sent. `what`: whose; `advice`: what to do when there is none. */
export function sendable(token: unknown, what: string, advice: string): string {
  if (typeof token === 'string' && PRINTABLE.test(token)) return token
  throw noToken(what, advice)
}

/** The error where there is no token. The cause itself is dropped: it holds requests, with all that was in them. */
export function noToken(what: string, advice: string, cause?: unknown): MeterError {
  const text = `${codeOf(cause)} ${nameOf(cause)} ${messageOf(cause)}`
  const reason = KNOWN_REASONS.map((pattern) => pattern.exec(text)?.[1]).find((one) => one !== undefined)
  const why = reason === undefined ? '' : ` (${reason})`
  return new MeterError(`${what}: no access token${why}; ${advice}`, {
    outcome: 'retry',
    code: 'CLOUD_CREDENTIALS_MISSING',
    fixes: [advice],
  })
}

function codeOf(cause: unknown): string {
  const code = (cause as { code?: unknown } | undefined)?.code
  return typeof code === 'string' ? code : ''
}

function nameOf(cause: unknown): string {
  return cause instanceof Error ? cause.name : ''
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message.slice(0, 4096) : ''
}
