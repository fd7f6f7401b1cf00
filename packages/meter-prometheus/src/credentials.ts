import { readFileSync } from 'node:fs'
import { type MeterContext, MeterError } from '@ergometer/meter'
import type { PrometheusOptions } from './prometheus-options.ts'

/** What a request bears, and what of it must be in no message, should a server say it back. */
export interface Credentials {
  readonly header: string
  readonly secrets: readonly string[]
}

/** Asked anew for each request, since tokens in files are replaced. */
export type Authorisation = () => Credentials | undefined

/** What may stand in a header: anything else would be refused with a message that prints the secret. */
const PRINTABLE = /^[\x21-\x7e]+$/

/**
 * Credentials from where the options say that they are. The function returned throws a MeterError
 * `PROMETHEUS_CREDENTIALS_MISSING`, which names the variable or file and never what is in it.
 */
export function authorisation(options: PrometheusOptions, env: MeterContext['env']): Authorisation {
  const { tokenEnv, tokenFile, userEnv, passwordEnv } = options
  if (tokenEnv !== undefined) return () => bearer(secretOf(tokenEnv, env))
  if (tokenFile !== undefined) return () => bearer(secretIn(tokenFile))
  if (userEnv === undefined || passwordEnv === undefined) return () => undefined
  return () => {
    const password = variable(passwordEnv, env)
    const pair = Buffer.from(`${variable(userEnv, env)}:${password}`).toString('base64')
    return { header: `Basic ${pair}`, secrets: [pair, password] }
  }
}

function bearer(token: string): Credentials {
  return { header: `Bearer ${token}`, secrets: [token] }
}

function secretOf(name: string, env: MeterContext['env']): string {
  return checked(variable(name, env), `the environment variable ${name}`)
}

function variable(name: string, env: MeterContext['env']): string {
  const value = env[name]
  if (value) return value
  throw missing(`the environment variable ${name} is not set where the recorder runs`, 'fatal')
}

function secretIn(file: string): string {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    throw missing(`${file}: cannot be read (${(cause as NodeJS.ErrnoException).code})`, 'retry')
  }
  return checked(text, file)
}

function checked(text: string, where: string): string {
  const secret = text.trim()
  if (PRINTABLE.test(secret)) return secret
  throw missing(`${where}: expected one token on one line`, 'fatal')
}

function missing(why: string, outcome: 'retry' | 'fatal'): MeterError {
  return new MeterError(`credentials: ${why}`, { outcome, code: 'PROMETHEUS_CREDENTIALS_MISSING' })
}
