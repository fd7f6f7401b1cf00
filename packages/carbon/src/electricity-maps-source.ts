import * as z from 'zod/mini'
import { CarbonError } from './carbon-error.ts'
import { readCredential } from './credential.ts'
import { windows } from './instant.ts'
import type { IntensityBasis } from './intensity.ts'
import {
  defineIntensitySource,
  type IntensitySource,
  type IntensitySourceFactory,
  type OpenContext,
} from './intensity-source.ts'
import type { IntensityStep } from './intensity-step.ts'
import { freshSeconds, invalidReply, parseReply, replyFigure, replyInstant } from './reply-shape.ts'
import { basisOption, optionsOf, textOption, urlOption, variableOption } from './source-options.ts'
import type { SchemaOutput } from './standard-schema.ts'

const NAME = 'electricity-maps'
const HOUR = 3600
/** `past-range` gives at most ten days of hours at once (app.electricitymaps.com/docs). */
const MOST_SECONDS = 10 * 24 * HOUR
/** `history` gives the last 24 hours, and is part of the free plan; `past-range` is not. */
const HISTORY_SECONDS = 23 * HOUR
/** What `forecast` takes for `horizonHours` (app.electricitymaps.com/docs). */
const HORIZONS = [6, 24, 48, 72] as const

const point = z.object({
  zone: z.string('expected a zone'),
  carbonIntensity: replyFigure,
  datetime: replyInstant,
  emissionFactorType: z.string('expected lifecycle or direct'),
  isEstimated: z.optional(z.nullable(z.boolean('expected true or false'))),
})
const points = 'expected a list'
const history = z.object({ history: z.array(point, points) })
const range = z.object({ data: z.array(point, points) })
const forecast = z.object({
  zone: z.string('expected a zone'),
  /** Left out for the lifecycle, which is the default. */
  emissionFactorType: z._default(z.string('expected lifecycle or direct'), 'lifecycle'),
  forecast: z.array(z.object({ carbonIntensity: replyFigure, datetime: replyInstant }), points),
})

/** Where figures are asked for: a zone of Electricity Maps, or a cloud's region, which it knows too. */
interface Place {
  readonly parameters: Readonly<Record<string, string>>
  /** The zone that replies must name; absent: they name one that is not ours. */
  readonly expected?: string
  readonly label: string
}

/** Options of the source `electricity-maps`. */
export interface ElectricityMapsOptions {
  /** One of Electricity Maps' own (`FR`, `US-CAL-CISO`) or a cloud's region (`gcp:europe-north1`); by default the run's. */
  readonly zone?: string | undefined
  /** By default `lifecycle`. */
  readonly basis?: IntensityBasis | undefined
  /** Whether figures that Electricity Maps estimates are asked for; by default they are, and counted as estimates. */
  readonly estimations?: boolean | undefined
  /** The variable that holds the token, by default `ELECTRICITY_MAPS_TOKEN`. */
  readonly tokenEnv?: string | undefined
  /** A file that holds the token, in place of the variable. */
  readonly tokenFile?: string | undefined
  /** Another host that speaks the same interface. */
  readonly url?: string | undefined
}

const schema = optionsOf({
  zone: z.optional(textOption),
  basis: z._default(basisOption, 'lifecycle'),
  estimations: z._default(z.boolean('expected true or false'), true),
  tokenEnv: z._default(variableOption, 'ELECTRICITY_MAPS_TOKEN'),
  tokenFile: z.optional(textOption),
  url: z._default(urlOption, 'https://api.electricitymaps.com'),
})

/** The source `electricity-maps`: hourly averages of what a zone uses, imports included, by Electricity Maps v4. */
export const electricityMapsSource: IntensitySourceFactory<ElectricityMapsOptions> = defineIntensitySource(
  import.meta.url,
  { name: NAME, options: schema, labels: ({ basis, zone }) => ({ kind: 'average', basis, zone }), open },
)

async function open(options: SchemaOutput<typeof schema>, context: OpenContext): Promise<IntensitySource> {
  const { basis, tokenEnv: variable, tokenFile: file } = options
  const place = placeOf(options.zone ?? context.zone)
  const token = await readCredential(NAME, { file, variable, option: 'tokenEnv' }, context)
  const ask: Ask = (path, shape, times, fresh) =>
    context.service.get({
      // A forecast is an estimate, whoever wants none of what was.
      url: addressOf(
        path,
        { ...place.parameters, ...times },
        path === 'forecast' ? { ...options, estimations: true } : options,
      ),
      headers: { 'auth-token': token },
      parse: (body) => parseReply(NAME, shape, body),
      freshSeconds: fresh,
    })
  const steps = (found: readonly z.output<typeof point>[]) =>
    found.flatMap((one) => stepOf(one, place, basis))
  const lastDay = async () => steps((await ask('history', history, {}, 300)).history)
  const past = async (from: number, to: number) => {
    const found: IntensityStep[] = []
    for (const window of windows(from, to, { period: HOUR, most: MOST_SECONDS })) {
      const times = { start: isoText(window.from), end: isoText(window.to) }
      found.push(
        ...steps((await ask('past-range', range, times, freshSeconds(window.to, context.clock()))).data),
      )
    }
    return found
  }
  return {
    kind: 'average',
    basis,
    zone: place.label,
    terms: 'Electricity Maps, by the terms of your plan; not to be passed on',
    latest: async () => steps([await ask('latest', point, {}, 300)])[0],
    async history(from, to) {
      if (isRecent(from, context)) return lastDay()
      try {
        return await past(from, to)
      } catch (error) {
        // A free plan has the last day alone: better a part than nothing.
        if (!isRecent(to, context) || !isRefusal(error)) throw error
        const message = `${error.message}; the last day alone is asked for`
        context.log(message, { severity: 'warning', code: 'intensity-source-failed' })
        return lastDay()
      }
    },
    async forecast(_, to) {
      const hours = (to - context.clock()) / HOUR
      const horizonHours = String(HORIZONS.find((horizon) => horizon >= hours) ?? HORIZONS.at(-1))
      const found = await ask('forecast', forecast, { horizonHours }, 300)
      const { zone, emissionFactorType } = found
      return steps(found.forecast.map((one) => ({ ...one, zone, emissionFactorType, isEstimated: true })))
    },
  }
}

/** Asks one path, for one shape of reply. */
type Ask = <Shape extends z.ZodMiniType>(
  path: string,
  shape: Shape,
  times: Readonly<Record<string, string>>,
  fresh: number,
) => Promise<z.output<Shape>>

function isRefusal(error: unknown): error is CarbonError {
  return CarbonError.isInstance(error) && /^SOURCE_(TOKEN_)?REFUSED$/.test(error.code)
}

function isRecent(from: number, { clock }: OpenContext): boolean {
  return clock() - from < HISTORY_SECONDS
}

function addressOf(
  path: string,
  parameters: Readonly<Record<string, string>>,
  { basis, estimations, url: base }: SchemaOutput<typeof schema>,
): URL {
  const url = new URL(`${base.replace(/\/$/, '')}/v4/carbon-intensity/${path}`)
  const all = {
    ...parameters,
    emissionFactorType: basis,
    temporalGranularity: 'hourly',
    // Otherwise an unknown zone becomes that of the caller's IP address, without a word.
    shouldUseFallbackCallerLookup: 'false',
    ...(estimations ? {} : { disableEstimations: 'true' }),
  }
  for (const [name, value] of Object.entries(all)) url.searchParams.set(name, value)
  return url
}

function placeOf(zone: string | undefined): Place {
  const text = zone?.trim() ?? ''
  const cloud = /^([a-z]+):([a-z0-9-]+)$/i.exec(text)
  if (cloud) {
    const [, provider = '', region = ''] = cloud.map((part) => part.toLowerCase())
    return {
      parameters: { dataCenterProvider: provider, dataCenterRegion: region },
      label: `${provider}:${region}`,
    }
  }
  const expected = text.toUpperCase()
  if (/^[A-Z]{2}(-[A-Z0-9]+)*$/.test(expected))
    return { parameters: { zone: expected }, expected, label: expected }
  throw new CarbonError(
    'SOURCE_ZONE_UNKNOWN',
    `Intensity source ${NAME}: ${text === '' ? 'no zone is given' : `zone ${JSON.stringify(text.slice(0, 40))}`}, expected one such as FR, US-CAL-CISO or gcp:europe-north1: write it as the option zone, or as --zone`,
  )
}

function stepOf(
  { zone, carbonIntensity, datetime, emissionFactorType, isEstimated }: z.output<typeof point>,
  place: Place,
  basis: IntensityBasis,
): IntensityStep[] {
  if (place.expected !== undefined && zone !== place.expected) {
    throw invalidReply(
      NAME,
      `it is of zone ${JSON.stringify(zone.slice(0, 40))}, asked for ${place.expected}`,
    )
  }
  if (emissionFactorType !== basis) {
    throw invalidReply(
      NAME,
      `its figures are ${JSON.stringify(emissionFactorType.slice(0, 40))}, asked for ${basis}`,
    )
  }
  if (carbonIntensity === null) return []
  return [
    {
      from: datetime,
      to: datetime + HOUR,
      gramsPerKilowattHour: carbonIntensity,
      kind: 'average',
      basis,
      source: NAME,
      zone: place.label,
      estimated: isEstimated === true,
    },
  ]
}

function isoText(instant: number): string {
  return new Date(instant * 1000).toISOString()
}
