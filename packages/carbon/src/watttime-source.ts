import * as z from 'zod/mini'
import { CarbonError } from './carbon-error.ts'
import { readCredential } from './credential.ts'
import { windows } from './instant.ts'
import type { IntensityKind } from './intensity.ts'
import {
  defineIntensitySource,
  type IntensitySource,
  type IntensitySourceFactory,
  type OpenContext,
} from './intensity-source.ts'
import type { IntensityStep } from './intensity-step.ts'
import { freshSeconds, invalidReply, parseReply, replyFigure, replyInstant } from './reply-shape.ts'
import { optionsOf, textOption, urlOption, variableOption } from './source-options.ts'
import type { SchemaOutput } from './standard-schema.ts'

const NAME = 'watttime'
/** The only unit of the signals that are intensities; `signal-index` is a percentile (docs.watttime.org). */
const UNITS = 'lbs_co2_per_mwh'
/** The avoirdupois pound, by definition (international yard and pound agreement, 1959). */
const GRAMS_PER_POUND = 453.59237
const KILOWATT_HOURS_PER_MEGAWATT_HOUR = 1000
const PERIOD = 300
/** The official client asks for 30 days at once (WattTime/watttime-python-client). */
const MOST_SECONDS = 30 * 86_400
/** The longest `horizon_hours` of a forecast (docs.watttime.org). */
const MOST_HORIZON_HOURS = 72
/** A token lives for 30 minutes (docs.watttime.org). */
const TOKEN_SECONDS = 25 * 60
type Signal = 'co2_moer' | 'co2_aoer'
/** What a signal means: the marginal and the average operating emissions rate. */
const KINDS: Readonly<Record<Signal, IntensityKind>> = { co2_moer: 'marginal', co2_aoer: 'average' }

const reply = z.object({
  data: z.array(
    z.object({
      point_time: replyInstant,
      value: replyFigure,
      imputed_data_used: z.optional(z.nullable(z.boolean('expected true or false'))),
    }),
    'expected a list',
  ),
  meta: z.object({
    region: z.string('expected a region'),
    signal_type: z.optional(z.string('expected a signal')),
    units: z.string('expected a unit'),
    data_point_period_seconds: z.optional(z.number('expected seconds').check(z.positive('expected seconds'))),
  }),
})
const login = z.object({ token: z.string('expected a token').check(z.minLength(1, 'expected a token')) })

/** Options of the source `watttime`. */
export interface WattTimeOptions {
  /** One of WattTime's own: `CAISO_NORTH`. */
  readonly region: string
  /** `co2_moer`, the marginal rate, by default; `co2_aoer`, the average one. */
  readonly signal?: Signal | undefined
  /** The variable that holds the name, by default `WATTTIME_USER`. */
  readonly userEnv?: string | undefined
  /** The variable that holds the password, by default `WATTTIME_PASSWORD`. */
  readonly passwordEnv?: string | undefined
  /** A file that holds the password, in place of the variable. */
  readonly passwordFile?: string | undefined
  /** Another host that speaks the same interface. */
  readonly url?: string | undefined
}

const schema = optionsOf({
  region: textOption,
  signal: z._default(z.enum(['co2_moer', 'co2_aoer'], 'expected co2_moer or co2_aoer'), 'co2_moer'),
  userEnv: z._default(variableOption, 'WATTTIME_USER'),
  passwordEnv: z._default(variableOption, 'WATTTIME_PASSWORD'),
  passwordFile: z.optional(textOption),
  url: z._default(urlOption, 'https://api.watttime.org'),
})

/** The source `watttime`: CO2 every five minutes in a region of WattTime's, marginal (by default) or average, by its API v3. */
export const wattTimeSource: IntensitySourceFactory<WattTimeOptions> = defineIntensitySource(
  import.meta.url,
  {
    name: NAME,
    options: schema,
    labels: ({ signal, region }) => ({ kind: KINDS[signal], basis: 'direct', zone: `${NAME}:${region}` }),
    open,
  },
)

async function open(options: SchemaOutput<typeof schema>, context: OpenContext): Promise<IntensitySource> {
  const { region, signal } = options
  const base = options.url.replace(/\/$/, '')
  const session = new Session(base, await basicAuthorisation(options, context), context)
  const parse = (body: unknown) => stepsOf(parseReply(NAME, reply, body), region, signal)
  const history = async (from: number, to: number) => {
    const found: IntensityStep[] = []
    for (const window of windows(from, to, { period: PERIOD, most: MOST_SECONDS })) {
      const url = new URL(`${base}/v3/historical`)
      url.searchParams.set('region', region)
      url.searchParams.set('signal_type', signal)
      url.searchParams.set('start', new Date(window.from * 1000).toISOString())
      url.searchParams.set('end', new Date(window.to * 1000).toISOString())
      found.push(...(await session.get(url, parse, freshSeconds(window.to, context.clock()))))
    }
    return found
  }
  const forecast = async (_: number, to: number) => {
    const hours = Math.ceil((to - context.clock()) / 3600)
    const url = new URL(`${base}/v3/forecast`)
    url.searchParams.set('region', region)
    url.searchParams.set('signal_type', signal)
    url.searchParams.set('horizon_hours', String(Math.min(Math.max(hours, 1), MOST_HORIZON_HOURS)))
    const steps = await session.get(url, parse, 300)
    return steps.map((step) => ({ ...step, estimated: true }))
  }
  return {
    kind: KINDS[signal],
    basis: 'direct',
    zone: `${NAME}:${region}`,
    terms: 'WattTime, by the terms of your plan; not to be passed on',
    async latest() {
      const now = context.clock()
      return (await history(now - 7200, now)).sort((a, b) => a.from - b.from).at(-1)
    },
    history,
    // The average rate is for accounting afterwards: there is no forecast of it (docs.watttime.org).
    ...(signal === 'co2_moer' ? { forecast } : {}),
  }
}

/** Asks with a token that it renews. */
class Session {
  readonly #base: string
  readonly #authorisation: string
  readonly #context: OpenContext
  #token: { readonly text: string; readonly until: number } | undefined

  constructor(base: string, authorisation: string, context: OpenContext) {
    this.#base = base
    this.#authorisation = authorisation
    this.#context = context
  }

  async get<Reply>(url: URL, parse: (body: unknown) => Reply, fresh: number): Promise<Reply> {
    const hadToken = this.#token !== undefined && this.#token.until > this.#context.clock()
    const ask = async () => {
      const headers = { authorization: `Bearer ${await this.#login()}` }
      return this.#context.service.get({ url, parse, headers, freshSeconds: fresh })
    }
    try {
      return await ask()
    } catch (error) {
      // A token may end before its time; one that is new may not.
      if (!hadToken || !CarbonError.isInstance(error) || error.code !== 'SOURCE_TOKEN_REFUSED') throw error
      this.#token = undefined
      return ask()
    }
  }

  async #login(): Promise<string> {
    const now = this.#context.clock()
    if (this.#token && this.#token.until > now) return this.#token.text
    const { token } = await this.#context.service.get({
      url: new URL(`${this.#base}/login`),
      headers: { authorization: this.#authorisation },
      parse: (body) => parseReply(NAME, login, body),
    })
    this.#token = { text: token, until: now + TOKEN_SECONDS }
    return token
  }
}

async function basicAuthorisation(
  { userEnv, passwordEnv, passwordFile: file }: SchemaOutput<typeof schema>,
  context: OpenContext,
): Promise<string> {
  const user = await readCredential(NAME, { variable: userEnv, option: 'userEnv' }, context)
  const password = await readCredential(NAME, { file, variable: passwordEnv, option: 'passwordEnv' }, context)
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
}

function stepsOf({ data, meta }: z.output<typeof reply>, region: string, signal: Signal): IntensityStep[] {
  expectSame('unit', UNITS, meta.units)
  expectSame('region', region, meta.region)
  expectSame('signal', signal, meta.signal_type ?? signal)
  const period = meta.data_point_period_seconds ?? PERIOD
  return data.flatMap(({ point_time: from, value, imputed_data_used: imputed }): IntensityStep[] => {
    if (value === null) return []
    return [
      {
        from,
        to: from + period,
        gramsPerKilowattHour: (value * GRAMS_PER_POUND) / KILOWATT_HOURS_PER_MEGAWATT_HOUR,
        kind: KINDS[signal],
        basis: 'direct',
        source: NAME,
        zone: `${NAME}:${region}`,
        estimated: imputed === true,
      },
    ]
  })
}

function expectSame(what: string, expected: string, found: string): void {
  if (found === expected) return
  throw invalidReply(NAME, `its ${what} is ${JSON.stringify(found.slice(0, 40))}, expected ${expected}`)
}
