import * as z from 'zod/mini'
import { readCredential } from './credential.ts'
import { windows } from './instant.ts'
import type { IntensityBasis, IntensityKind } from './intensity.ts'
import {
  defineIntensitySource,
  type IntensitySource,
  type IntensitySourceFactory,
  type OpenContext,
} from './intensity-source.ts'
import type { IntensityStep } from './intensity-step.ts'
import { freshSeconds, invalidReply, parseReply } from './reply-shape.ts'
import {
  basisOption,
  kindOption,
  optionsOf,
  textOption,
  urlOption,
  variableOption,
} from './source-options.ts'
import type { SchemaOutput } from './standard-schema.ts'

const NAME = 'prometheus'
/** A range query answers with at most 11,000 points a series (prometheus.io/docs/prometheus/latest/querying/api). */
const MOST_POINTS = 10_000
/** How Go writes a finite number. */
const NUMBER = /^-?\d+(\.\d+)?(e[+-]?\d+)?$/

// Figures come as text, `NaN` among them: JSON has none.
const sample = z.tuple([z.number('expected a time'), z.string('expected a figure as text')])
const reply = <Result extends z.ZodMiniType>(resultType: string, result: Result) =>
  z.object({
    status: z.literal('success', 'expected success'),
    data: z.object({
      resultType: z.literal(resultType, `expected a ${resultType}: the query must tell instants, not ranges`),
      result: z.array(result, 'expected a list'),
    }),
  })
const matrix = reply('matrix', z.object({ values: z.array(sample, 'expected a list') }))
const vector = reply('vector', z.object({ value: sample }))

/** Options of the source `prometheus`. */
export interface PrometheusOptions {
  /** The server, such as `http://localhost:9090`. */
  readonly url: string
  /** What tells one series, in g/kWh. */
  readonly query: string
  readonly kind: IntensityKind
  readonly basis: IntensityBasis
  /** By default the run's. */
  readonly zone?: string | undefined
  /** Seconds from one figure to the next, by default 300. */
  readonly stepSeconds?: number | undefined
  /** A variable that holds a bearer token; without it, none is sent. */
  readonly tokenEnv?: string | undefined
  /** A file that holds the bearer token. */
  readonly tokenFile?: string | undefined
}

const schema = optionsOf({
  url: urlOption,
  query: textOption,
  kind: kindOption,
  basis: basisOption,
  zone: z.optional(textOption),
  stepSeconds: z._default(
    z
      .int('expected whole seconds, 1 to 86400')
      .check(z.minimum(1, 'expected at least 1 s'), z.maximum(86_400, 'expected at most 86400 s')),
    300,
  ),
  tokenEnv: z.optional(variableOption),
  tokenFile: z.optional(textOption),
})

/** The source `prometheus`: what a query of one's own tells, in g/kWh; of what kind and basis, only its user knows. */
export const prometheusSource: IntensitySourceFactory<PrometheusOptions> = defineIntensitySource(
  import.meta.url,
  { name: NAME, options: schema, labels: ({ kind, basis, zone }) => ({ kind, basis, zone }), open },
)

async function open(options: SchemaOutput<typeof schema>, context: OpenContext): Promise<IntensitySource> {
  const { kind, basis, stepSeconds } = options
  const headers = await headersOf(options, context)
  const zone = options.zone ?? context.zone
  const where = zone === undefined ? {} : { zone }
  const stepOf = ([from, text]: z.output<typeof sample>): IntensityStep[] => {
    if (text === 'NaN') return []
    if (!NUMBER.test(text)) throw invalidReply(NAME, `a figure is ${JSON.stringify(text.slice(0, 40))}`)
    const gramsPerKilowattHour = Number(text)
    const to = from + stepSeconds
    return [{ from, to, gramsPerKilowattHour, kind, basis, source: NAME, ...where, estimated: false }]
  }
  return {
    kind,
    basis,
    ...where,
    async latest() {
      const parse = (body: unknown) => onlyOne(parseReply(NAME, vector, body).data.result)?.value
      const found = await context.service.get({ url: addressOf('query', {}, options), headers, parse })
      return found && stepOf(found)[0]
    },
    async history(from, to) {
      const found: IntensityStep[] = []
      for (const window of windows(from, to, { period: stepSeconds, most: stepSeconds * MOST_POINTS })) {
        const times = { start: window.from, end: window.to - stepSeconds, step: stepSeconds }
        const parse = (body: unknown) => onlyOne(parseReply(NAME, matrix, body).data.result)?.values ?? []
        const url = addressOf('query_range', times, options)
        const fresh = freshSeconds(window.to, context.clock())
        const values = await context.service.get({ url, headers, parse, freshSeconds: fresh })
        found.push(...values.flatMap(stepOf))
      }
      return found
    },
  }
}

async function headersOf(
  { tokenEnv: variable = '', tokenFile: file }: SchemaOutput<typeof schema>,
  context: OpenContext,
): Promise<Record<string, string>> {
  if (variable === '' && file === undefined) return {}
  return {
    authorization: `Bearer ${await readCredential(NAME, { variable, file, option: 'tokenEnv' }, context)}`,
  }
}

/** Both ends of a range are told: it ends one step early, where the next window begins. */
function addressOf(
  path: string,
  times: Readonly<Record<string, number>>,
  { url, query }: SchemaOutput<typeof schema>,
): URL {
  const address = new URL(`${url.replace(/\/$/, '')}/api/v1/${path}`)
  for (const [name, value] of Object.entries({ query, ...times }))
    address.searchParams.set(name, String(value))
  return address
}

/** The one series of an answer; several have no one intensity. */
function onlyOne<Series>(series: readonly Series[]): Series | undefined {
  if (series.length <= 1) return series[0]
  throw invalidReply(NAME, `${series.length} series, expected one: narrow the query, or average over it`)
}
