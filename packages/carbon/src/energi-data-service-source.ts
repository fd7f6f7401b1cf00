import * as z from 'zod/mini'
import { CarbonError } from './carbon-error.ts'
import { parseInstant, windows } from './instant.ts'
import { defineIntensitySource, type IntensitySourceFactory } from './intensity-source.ts'
import type { IntensityStep } from './intensity-step.ts'
import { freshSeconds, invalidReply, parseReply, replyFigure } from './reply-shape.ts'
import { optionsOf, urlOption } from './source-options.ts'

const NAME = 'energi-data-service'
const PERIOD = 300
const DAY = 86_400
/** 288 records a day and area: some 300 kB. */
const MOST_SECONDS = 7 * DAY
/** `start` and `end` may be read as Danish time, which is up to two hours ahead: what is too much is left out. */
const MARGIN_SECONDS = 3 * 3600

const areaOption = z.enum(['DK1', 'DK2'], 'expected DK1 (west of the Great Belt) or DK2 (east of it)')
type Area = z.output<typeof areaOption>

/** What was, and what is expected: the prognosis has the same fields. */
type Dataset = 'CO2Emis' | 'CO2EmisProg'

const reply = z.object({
  records: z.array(
    z.object({
      // Without a zone, by its name of UTC; `Minutes5DK` has the hour of autumn twice.
      Minutes5UTC: z.string('expected a time'),
      PriceArea: z.string('expected a price area'),
      CO2Emission: replyFigure,
    }),
    'expected a list',
  ),
})

/** Options of the source `energi-data-service`. */
export interface EnergiDataServiceOptions {
  /** `DK1` west of the Great Belt, `DK2` east of it; by default the run's zone, `DK-DK1` or `DK-DK2`. */
  readonly area?: 'DK1' | 'DK2' | undefined
  /** Another host that speaks the same interface. */
  readonly url?: string | undefined
}

/** The source `energi-data-service`: CO2 at the stack every five minutes in one of Denmark's two price areas, by Energinet. */
export const energiDataServiceSource: IntensitySourceFactory<EnergiDataServiceOptions> =
  defineIntensitySource(import.meta.url, {
    name: NAME,
    options: optionsOf({
      area: z.optional(areaOption),
      url: z._default(urlOption, 'https://api.energidataservice.dk'),
    }),
    labels: ({ area }) => ({ kind: 'average', basis: 'direct', zone: area && `DK-${area}` }),
    open({ area: given, url: base }, { service, clock, zone }) {
      const area = areaOf(given, zone)
      const ask = (dataset: Dataset, from: number, to: number) => {
        const url = new URL(`${base.replace(/\/$/, '')}/dataset/${dataset}`)
        url.searchParams.set('start', localText(from - MARGIN_SECONDS))
        url.searchParams.set('end', localText(to + MARGIN_SECONDS))
        url.searchParams.set('timezone', 'UTC')
        url.searchParams.set('filter', JSON.stringify({ PriceArea: [area] }))
        url.searchParams.set('sort', 'Minutes5UTC asc')
        // 0 is no limit; without it, 100 records.
        url.searchParams.set('limit', '0')
        const parse = (body: unknown) =>
          parseReply(NAME, reply, body).records.flatMap((record) => stepOf(record, area, dataset))
        return service.get({ url, parse, freshSeconds: freshSeconds(to, clock()) })
      }
      const read = async (dataset: Dataset, from: number, to: number) => {
        const found: IntensityStep[] = []
        for (const window of windows(from, to, { period: 3600, most: MOST_SECONDS })) {
          const steps = await ask(dataset, window.from, window.to)
          found.push(...steps.filter((step) => step.from < window.to && step.from >= window.from))
        }
        return found
      }
      const history = (from: number, to: number) => read('CO2Emis', from, to)
      return {
        kind: 'average',
        basis: 'direct',
        zone: `DK-${area}`,
        terms:
          'Energi Data Service, Energinet (https://www.energidataservice.dk), by its terms for open data',
        latest: async () => {
          const now = clock()
          return (await history(now - 7200, now)).sort((a, b) => a.from - b.from).at(-1)
        },
        history,
        forecast: (from, to) => read('CO2EmisProg', from, to),
      }
    },
  })

/** The area that was given, or that the run's zone is; a country of two areas is none. */
function areaOf(given: Area | undefined, zone: string | undefined): Area {
  const [, named] = /^DK-(DK[12])$/.exec(zone ?? '') ?? []
  const elsewhere = zone !== undefined && zone !== 'DK' && named === undefined
  const contradicted = given !== undefined && named !== undefined && given !== named
  const area = given ?? (named as Area | undefined)
  if (area !== undefined && !elsewhere && !contradicted) return area
  throw new CarbonError(
    'SOURCE_ZONE_UNKNOWN',
    `Intensity source ${NAME}: it knows the zones DK-DK1 and DK-DK2, and the run's zone is ${zone ?? 'not given'}${given === undefined ? '' : `, the option area ${given}`}: write {"area":"DK1"} (west of the Great Belt) or {"area":"DK2"} (east of it)`,
  )
}

function localText(instant: number): string {
  return new Date(instant * 1000).toISOString().slice(0, 16)
}

function stepOf(
  record: z.output<typeof reply>['records'][number],
  area: Area,
  dataset: Dataset,
): IntensityStep[] {
  const { Minutes5UTC: time, PriceArea: found, CO2Emission: grams } = record
  if (found !== area)
    throw invalidReply(NAME, `it is of area ${JSON.stringify(found.slice(0, 40))}, asked for ${area}`)
  const from = parseInstant(time.endsWith('Z') ? time : `${time}Z`)
  if (from === undefined) throw invalidReply(NAME, 'Minutes5UTC: expected an ISO 8601 time')
  if (grams === null) return []
  return [
    {
      from,
      to: from + PERIOD,
      gramsPerKilowattHour: grams,
      kind: 'average',
      basis: 'direct',
      source: NAME,
      zone: `DK-${area}`,
      estimated: dataset === 'CO2EmisProg',
    },
  ]
}
