import { readFileSync } from 'node:fs'
import { type MeterContext, MeterError } from '@ergometer/meter'
import type { RedfishOptions } from './redfish-options.ts'

/** Who asks. It is never logged, and stands in no message. */
export interface Credentials {
  readonly user: string
  readonly password: string
}

/**
 * User and password from the environment, or the password from a file.
 * @throws MeterError `REDFISH_CREDENTIALS`
 */
export function readCredentials(options: RedfishOptions, { env }: MeterContext): Credentials {
  const { userEnv = 'REDFISH_USER', passwordEnv = 'REDFISH_PASSWORD', passwordFile } = options
  const user = env[userEnv]
  if (!user) throw missing(`${userEnv} is not set, expected the user of the BMC`)
  const password = passwordFile === undefined ? env[passwordEnv] : firstLine(passwordFile)
  if (!password) {
    throw missing(
      `${passwordFile ?? passwordEnv} is ${passwordFile ? 'empty' : 'not set'}, expected the password of the BMC`,
    )
  }
  return { user, password }
}

function firstLine(file: string): string {
  try {
    return readFileSync(file, 'utf8').split(/\r?\n/)[0] as string
  } catch (cause) {
    throw missing(
      `${file}: ${(cause as NodeJS.ErrnoException).code}, expected a file with the password of the BMC`,
      cause,
    )
  }
}

function missing(message: string, cause?: unknown): MeterError {
  return new MeterError(message, {
    outcome: 'fatal',
    code: 'REDFISH_CREDENTIALS',
    fixes: [
      'export REDFISH_USER and REDFISH_PASSWORD of an account of the BMC with the role ReadOnly, or name a passwordFile',
    ],
    cause,
  })
}
