import type { StandardSchema } from '@ergometer/meter'
import * as z from 'zod/mini'

/** Options of the meter `redfish`. None of them is a secret: options are written down. */
export interface RedfishOptions {
  /** `https://HOST[:PORT]` of the BMC. */
  readonly address: string
  /** Id or path of the chassis, where the BMC shows several. */
  readonly chassis?: string | undefined
  /** Whether it is the BMC of the machine that runs; absent: true if the UUIDs say so. */
  readonly thisHost?: boolean | undefined
  /** Seconds between two changes of the sensor; absent: what the BMC says, else 10. */
  readonly updatePeriod?: number | undefined
  /** Environment variable with the user; absent: `REDFISH_USER`. */
  readonly userEnv?: string | undefined
  /** Environment variable with the password; absent: `REDFISH_PASSWORD`. */
  readonly passwordEnv?: string | undefined
  /** File with the password, in place of the environment variable. */
  readonly passwordFile?: string | undefined
  /** `session` (a token, given back at the end) or `basic` (the password with each request); absent: `session`. */
  readonly auth?: 'session' | 'basic' | undefined
  /** PEM file with the certificate that signed the BMC's, or the BMC's own; nothing else is trusted then. */
  readonly caFile?: string | undefined
  /** Name that the certificate bears, if it is not that of the address. */
  readonly serverName?: string | undefined
  /** Neither check the certificate nor insist on TLS: said in the health of each run. */
  readonly insecure?: boolean | undefined
}

const text = z.optional(z.string('expected a text').check(z.minLength(1, 'expected a text')))
const flag = z.optional(z.boolean('expected true or false'))

const shape = {
  address: z
    .string('expected https://HOST')
    .check(z.refine(isAddress, 'expected https://HOST[:PORT] without user, path or query')),
  chassis: text,
  thisHost: flag,
  updatePeriod: z.optional(
    z
      .number('expected seconds')
      .check(z.positive('expected seconds above 0'), z.maximum(3600, 'expected seconds, at most 3600')),
  ),
  userEnv: text,
  passwordEnv: text,
  passwordFile: text,
  auth: z.optional(z.enum(['session', 'basic'], "expected 'session' or 'basic'")),
  caFile: text,
  serverName: text,
  insecure: flag,
}

/** Checks the options of the meter `redfish`; its messages never repeat a value. */
export const redfishOptions: StandardSchema<RedfishOptions> = z
  .strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `unknown: ${issue.keys?.join(', ')}; expected ${Object.keys(shape).join(', ')}; the password comes from the environment or a file`
        : 'expected an object with an address',
  })
  .check(
    z.refine((options) => options.insecure === true || !options.address.startsWith('http:'), {
      path: ['address'],
      message: 'http shows the password to the network: use https, or say "insecure": true',
    }),
  )

function isAddress(value: string): boolean {
  if (!URL.canParse(value)) return false
  const { protocol, username, password, pathname, search, hash } = new URL(value)
  return (
    (protocol === 'https:' || protocol === 'http:') &&
    `${username}${password}${search}${hash}` === '' &&
    pathname === '/'
  )
}
