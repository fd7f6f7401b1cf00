import { DOMAIN_KINDS, type DomainKind, METHODS, type Method, type StandardSchema } from '@ergometer/meter'
import * as z from 'zod/mini'
import { PRESETS } from './presets.ts'
import { UNITS } from './unit.ts'

/** Options of the meter `prometheus`: where to read, and what the series are. */
export interface PrometheusOptions {
  /** An exporter's page: `http://host:9400/metrics`. Either this or `prometheus`. */
  readonly url?: string | undefined
  /** A Prometheus server, or what speaks its API: `http://prom:9090`. */
  readonly prometheus?: string | undefined
  /** An exporter that is known. */
  readonly preset?: keyof typeof PRESETS | undefined
  /** Which series of the server: a selector, or any expression. By default the preset's metrics. */
  readonly query?: string | undefined
  /** Which metric of the page, without a preset. */
  readonly metric?: string | undefined
  /** What the numbers are, without a preset: `J`, `mJ`, `uJ`, `Wh`, `kWh`, `W`, `mW`, `uW`, `kW`. */
  readonly unit?: keyof typeof UNITS | undefined
  readonly kind?: DomainKind | undefined
  /** The label whose values tell the domains apart, without a preset. */
  readonly id?: string | undefined
  /** The thing itself over all meters, with labels in braces: `gpu:{UUID}`. */
  readonly identity?: string | undefined
  /** What a person calls it. */
  readonly label?: string | undefined
  readonly method?: Method | undefined
  /** Labels that a series must have, each with one of these values. */
  readonly match?: Readonly<Record<string, string | readonly string[]>> | undefined
  /** Whose series are taken, by their labels; `false`: all of them. By default this host's. */
  readonly host?: string | false | undefined
  /** Together they feed this host, whole and alone. */
  readonly feeds?: boolean | undefined
  /** Bound of plausibility in watts. */
  readonly maxWatts?: number | undefined
  /** Relative standard uncertainty of the energy: 0.01 is 1 %. */
  readonly uncertainty?: number | undefined
  /** Seconds between two scrapes, or between two looks of the exporter at its sensor. */
  readonly updatePeriod?: number | undefined
  /** Seconds that a request may take, by default 5. */
  readonly timeout?: number | undefined
  /** Names of environment variables with a bearer token, or with a user's name and password. */
  readonly tokenEnv?: string | undefined
  readonly userEnv?: string | undefined
  readonly passwordEnv?: string | undefined
  /** A file with a bearer token, read anew for each request. */
  readonly tokenFile?: string | undefined
  /** A file with certificates of authorities that are trusted besides the known ones. */
  readonly caFile?: string | undefined
}

const text = z
  .string('expected text')
  .check(z.minLength(1, 'expected some text'), z.maxLength(4096, 'too long'))
const above0 = z.number('expected a number').check(z.gt(0, 'expected a number above 0'))
const oneOf = <Word extends string>(words: readonly Word[]) =>
  z.enum(words as [Word, ...Word[]], { error: `expected one of ${words.join(', ')}` })
const address = text.check(
  z.refine((value) => /^https?:$/.test(protocolOf(value)), {
    error: 'expected http://HOST:PORT/metrics or https://…',
    abort: true,
  }),
  z.refine((value) => !hasCredentials(value), {
    error:
      'no name and password in an address, which is written down: name variables in userEnv and passwordEnv',
  }),
)
const variable = text.check(
  z.regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'expected the name of an environment variable, not what is in it'),
)

const shape = {
  url: z.optional(address),
  prometheus: z.optional(address),
  preset: z.optional(oneOf(Object.keys(PRESETS) as (keyof typeof PRESETS)[])),
  query: z.optional(text),
  metric: z.optional(text),
  unit: z.optional(oneOf(Object.keys(UNITS) as (keyof typeof UNITS)[])),
  kind: z.optional(oneOf(DOMAIN_KINDS)),
  id: z.optional(text),
  identity: z.optional(text),
  label: z.optional(text),
  method: z.optional(oneOf(METHODS)),
  match: z.optional(
    z.record(z.string(), z.union([z.string(), z.array(z.string())]), {
      error: 'expected {"label": "value"} or {"label": ["value", "value"]}',
    }),
  ),
  host: z.optional(z.union([text, z.literal(false)], { error: "expected a host's name, or false for all" })),
  feeds: z.optional(z.boolean('expected true or false')),
  maxWatts: z.optional(above0),
  uncertainty: z.optional(above0),
  updatePeriod: z.optional(above0),
  timeout: z.optional(above0),
  tokenEnv: z.optional(variable),
  userEnv: z.optional(variable),
  passwordEnv: z.optional(variable),
  tokenFile: z.optional(text),
  caFile: z.optional(text),
}

/** What is wrong with options that are each right; the first that does not hold is said. */
const TOGETHER: readonly (readonly [(options: PrometheusOptions) => boolean, string])[] = [
  [
    ({ url, prometheus }) => (url === undefined) !== (prometheus === undefined),
    'expected "url" (an exporter\'s page) or "prometheus" (a server), one of the two',
  ],
  [
    ({ preset, unit }) => (preset === undefined) !== (unit === undefined),
    `expected "preset" (${Object.keys(PRESETS).join(', ')}) or "unit" (W, J, …), one of the two`,
  ],
  [
    ({ preset, url, metric, query }) =>
      preset !== undefined || (url === undefined ? query : metric) !== undefined,
    'without a preset expected "metric" beside "url", or "query" beside "prometheus"',
  ],
  [
    ({ preset, kind, id, identity, label, metric }) =>
      preset === undefined || [kind, id, identity, label, metric].every((one) => one === undefined),
    '"kind", "id", "identity", "label" and "metric" are for what has no preset',
  ],
  [
    ({ url, query }) => url === undefined || query === undefined,
    '"query" is for "prometheus", beside "url" use "metric"',
  ],
  [
    ({ prometheus, metric }) => prometheus === undefined || metric === undefined,
    '"metric" is for "url", beside "prometheus" use "query"',
  ],
  [
    ({ userEnv, passwordEnv }) => (userEnv === undefined) === (passwordEnv === undefined),
    'expected both "userEnv" and "passwordEnv", or neither',
  ],
  [
    ({ tokenEnv, tokenFile, userEnv }) =>
      [tokenEnv, tokenFile, userEnv].filter((one) => one !== undefined).length <= 1,
    'expected at most one of "tokenEnv", "tokenFile" and "userEnv"',
  ],
  [
    ({ caFile, url, prometheus }) => caFile === undefined || (url ?? prometheus ?? '').startsWith('https:'),
    '"caFile" is for an address that begins with https:',
  ],
  [
    ({ feeds, preset, kind }) =>
      feeds !== true || preset !== undefined || kind === undefined || kind === 'host',
    '"feeds" is for what supplies the whole host: "kind": "host"',
  ],
]

/** The schema of the options. */
export const prometheusOptions: StandardSchema<PrometheusOptions> = z
  .strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `unknown: ${issue.keys?.join(', ')}; expected ${Object.keys(shape).join(', ')}`
        : 'expected an object',
  })
  .check(...TOGETHER.map(([holds, error]) => z.refine<PrometheusOptions>(holds, { error, abort: true })))

function protocolOf(value: string): string {
  try {
    return new URL(value).protocol
  } catch {
    return ''
  }
}

function hasCredentials(value: string): boolean {
  const { username, password } = new URL(value)
  return username !== '' || password !== ''
}
