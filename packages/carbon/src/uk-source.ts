import * as z from 'zod/mini'
import { CarbonError } from './carbon-error.ts'
import { minuteText, windows } from './instant.ts'
import { defineIntensitySource, type IntensitySourceFactory } from './intensity-source.ts'
import type { IntensityStep } from './intensity-step.ts'
import { freshSeconds, parseReply, replyFigure, replyInstant } from './reply-shape.ts'
import { optionsOf, urlOption } from './source-options.ts'

const NAME = 'carbonintensity-uk'
const ZONE = 'GB'
const HALF_HOUR = 1800
const DAY = 86_400
/** A query takes in at most 14 days (carbon-intensity.github.io/api-definitions). */
const MOST_SECONDS = 14 * DAY

const reply = z.object({
  data: z.array(
    z.object({
      from: replyInstant,
      to: replyInstant,
      intensity: z.object({ forecast: z.optional(replyFigure), actual: z.optional(replyFigure) }),
    }),
    'expected a list',
  ),
})

/** Options of the source `carbonintensity-uk`. */
export interface UkOptions {
  /** Another host that speaks the same interface. */
  readonly url?: string | undefined
}

/** The source `carbonintensity-uk`: half-hourly averages of Great Britain, CO2 at the stack, imports included, by NESO. */
export const ukSource: IntensitySourceFactory<UkOptions> = defineIntensitySource(import.meta.url, {
  name: NAME,
  options: optionsOf({ url: z._default(urlOption, 'https://api.carbonintensity.org.uk') }),
  labels: () => ({ kind: 'average', basis: 'direct', zone: ZONE }),
  open({ url }, { service, clock, zone }) {
    if (zone !== undefined && zone !== ZONE) {
      throw new CarbonError(
        'SOURCE_ZONE_UNKNOWN',
        `Intensity source ${NAME}: it knows ${ZONE} alone, and the run's zone is ${zone}: another source, or --zone ${ZONE}`,
      )
    }
    const base = url.replace(/\/$/, '')
    const ask = (path: string, fresh: number) =>
      service.get({
        url: new URL(`${base}/intensity${path}`),
        parse: (body) => parseReply(NAME, reply, body).data.flatMap(stepOf),
        freshSeconds: fresh,
      })
    return {
      kind: 'average',
      basis: 'direct',
      zone: ZONE,
      terms:
        'Carbon Intensity API, National Energy System Operator (https://carbonintensity.org.uk), CC BY 4.0',
      latest: async () => (await ask('', 300)).at(-1),
      history: async (from, to) => {
        const found: IntensityStep[] = []
        for (const window of windows(from, to, { period: HALF_HOUR, most: MOST_SECONDS })) {
          const path = `/${minuteText(window.from)}/${minuteText(window.to)}`
          found.push(...(await ask(path, freshSeconds(window.to, clock()))))
        }
        return found
      },
      // It reaches as far as there is a forecast, some two days. Whole half-hours: so that kept answers are found again.
      forecast: async (from, to) => {
        const begin = Math.floor(from / HALF_HOUR) * HALF_HOUR
        return ask(`/${minuteText(begin)}/${to - begin > DAY ? 'fw48h' : 'fw24h'}`, 300)
      },
    }
  },
})

/** Where the actual figure is not there yet, the forecast stands in for it. */
function stepOf({
  from,
  to,
  intensity: { actual, forecast },
}: z.output<typeof reply>['data'][number]): IntensityStep[] {
  const grams = actual ?? forecast ?? undefined
  if (grams === undefined) return []
  return [
    {
      from,
      to,
      gramsPerKilowattHour: grams,
      kind: 'average',
      basis: 'direct',
      source: NAME,
      zone: ZONE,
      estimated: typeof actual !== 'number',
    },
  ]
}
