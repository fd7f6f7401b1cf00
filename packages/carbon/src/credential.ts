import { readFile } from 'node:fs/promises'
import { CarbonError } from './carbon-error.ts'
import type { SourceContext } from './source-context.ts'

/** Where a secret is: a file, or else an environment variable. */
export interface CredentialPlace {
  readonly file?: string | undefined
  readonly variable: string
  /** The option that names another variable, for advice. */
  readonly option: string
}

/** The secret at that place. `name`: the source, for messages. Throws `SOURCE_TOKEN_MISSING`. */
export async function readCredential(
  name: string,
  { file, variable, option }: CredentialPlace,
  { env }: Pick<SourceContext, 'env'>,
): Promise<string> {
  const missing = (why: string, cause?: unknown) =>
    new CarbonError('SOURCE_TOKEN_MISSING', `Intensity source ${name}: ${why}`, cause)
  if (file !== undefined) {
    const text = await readFile(file, 'utf8').catch((cause: Error) => {
      throw missing(`${file} cannot be read: ${cause.message}`, cause)
    })
    return oneLine(text) ?? Promise.reject(missing(`${file} holds no token: expected it on one line`))
  }
  const token = oneLine(env[variable] ?? '')
  if (token !== undefined) return token
  throw missing(`no token in the environment: set ${variable}, or name another variable with ${option}`)
}

/** A header's value must be one line of printable ASCII. */
function oneLine(text: string): string | undefined {
  const token = text.trim()
  return /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(token) ? token : undefined
}
