import {
  bestStart,
  CarbonError,
  type CarbonErrorCode,
  type IntensityCurve,
  type IntensitySource,
  normaliseZone,
  parseInstant,
  readForecast,
  type StartOption,
  type StartWindow,
  startAt,
} from '@ergometer/carbon'
import { ErgometerError } from '@ergometer/core'
import { localInstant, type WhenAnswer, type WhenOption, whenText } from '@ergometer/report'
import type { Command } from 'commander'
import { openSource } from './open-source.ts'
import { privateFolder } from './private-folder.ts'
import { say } from './say-once.ts'
import { requestSource } from './source-request.ts'
import { terminal } from './terminal.ts'

const HOUR = 3600
/** No service foresees more; a CSV of one's own may. */
const MOST_HOURS = 366 * 24
/** What is wrong in the flags themselves, or lacks beside them, as for a report; all else is a source that cannot tell. */
const USAGE: ReadonlySet<CarbonErrorCode> = new Set<CarbonErrorCode>([
  'CSV_INVALID',
  'SOURCE_OPTIONS_INVALID',
  'SOURCE_TOKEN_MISSING',
  'SOURCE_UNKNOWN',
  'SOURCE_ZONE_UNKNOWN',
  'ZONE_UNKNOWN',
])

interface WhenFlags {
  hours: string
  source: string
  within?: string
  until?: string
  zone?: string
  kilowattHours?: string
  json?: boolean
}

/** What is asked: how long, from when until when, of which energy. */
interface Question extends StartWindow {
  readonly kilowattHours?: number
}

/** Adds `ergometer when`: the greenest start by a forecast. `refuse` is told of the exit code if there is no answer. */
export function addWhenCommand(program: Command, refuse: () => void): void {
  program
    .command('when')
    .description('the greenest time to start, by a forecast of the grid')
    .requiredOption('--hours <hours>', 'how long it runs')
    .requiredOption(
      '--source <name[={json}]>',
      'intensity source with a forecast: csv, electricity-maps, watttime, carbonintensity-uk, energi-data-service',
    )
    .option('--within <hours>', 'start at the latest in so many hours (default: 24)')
    .option(
      '--until <time>',
      'start at the latest then: ISO 8601 with its zone, such as 2026-11-30T18:00+01:00',
    )
    .option('--zone <code>', 'grid zone, where the source asks for one')
    .option('--kilowatt-hours <kWh>', 'the energy that it takes, to tell grams')
    .option('--json', 'as JSON')
    .action(async (flags: WhenFlags) => {
      try {
        const answer = await answerOf(flags)
        const text = flags.json
          ? `${JSON.stringify(answer, null, 2)}\n`
          : whenText(answer, readable, terminal.options(process.stdout))
        process.stdout.write(text)
      } catch (error) {
        if (!CarbonError.isInstance(error) || USAGE.has(error.code)) throw error
        say(error.message)
        refuse()
      }
    })
}

async function answerOf(flags: WhenFlags): Promise<WhenAnswer> {
  const question = questionOf(flags, Math.ceil(Date.now() / 1000))
  const { request } = await requestSource(flags.source)
  const zone = zoneOf(flags.zone)
  const cacheFolder = privateFolder('intensity')
  const source = await openSource(request, zone, {
    ...(cacheFolder === undefined ? {} : { cacheFolder }),
    log: (message, { severity }) => {
      if (severity !== 'info') say(message)
    },
  })
  const curve = await readForecast(request.name, source, question.from, question.until + question.seconds)
  return answerFrom(request.name, source, curve, question)
}

function questionOf(flags: WhenFlags, now: number): Question {
  if (flags.within !== undefined && flags.until !== undefined) {
    throw invalid('--within and --until', 'expected one of them')
  }
  const kilowattHours = flags.kilowattHours
  return {
    seconds: positive('--hours', flags.hours) * HOUR,
    from: now,
    until:
      flags.until === undefined
        ? now + positive('--within', flags.within ?? '24') * HOUR
        : latest(flags.until, now),
    ...(kilowattHours === undefined
      ? {}
      : { kilowattHours: positive('--kilowatt-hours', kilowattHours, Number.MAX_VALUE) }),
  }
}

function positive(flag: string, text: string, most = MOST_HOURS): number {
  const value = text.trim() === '' ? Number.NaN : Number(text)
  if (value > 0 && value <= most) return value
  const bound = most === MOST_HOURS ? ` and at most ${MOST_HOURS}` : ''
  throw invalid(`${flag} '${text}'`, `expected a number above 0${bound}`)
}

function latest(text: string, now: number): number {
  const instant = parseInstant(text)
  if (instant === undefined) {
    throw invalid(`--until '${text}'`, 'expected ISO 8601 with its zone, such as 2026-11-30T18:00+01:00')
  }
  if (instant >= now && instant - now <= MOST_HOURS * HOUR) return instant
  throw invalid(`--until '${text}'`, 'expected a time to come, within a year')
}

function zoneOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const zone = normaliseZone(text)
  if (zone !== undefined) return zone
  throw new CarbonError(
    'ZONE_UNKNOWN',
    `--zone '${text}': expected one such as FR, US-CA, DK-DK1 or gcp:europe-north1`,
  )
}

function invalid(what: string, expected: string): ErgometerError {
  return new ErgometerError('SETTINGS_INVALID', `when: ${what}: ${expected}`)
}

function answerFrom(
  name: string,
  source: IntensitySource,
  curve: IntensityCurve,
  question: Question,
): WhenAnswer {
  const { seconds, from, until, kilowattHours } = question
  const best = bestStart(curve, question)
  if (best === undefined) {
    throw new CarbonError(
      'SOURCE_NO_FORECAST',
      `Intensity source ${name}: of no ${seconds / HOUR} h that begin until ${readable(localInstant(until).iso)} is all foreseen; ask for fewer hours, or later`,
    )
  }
  const now = startAt(curve, from, seconds)
  const { kind, basis, zone, terms } = source
  return {
    schema: 'ergometer.when/1',
    source: name,
    ...(zone === undefined ? {} : { zone }),
    kind,
    basis,
    ...(terms === undefined ? {} : { terms }),
    hours: seconds / HOUR,
    ...(kilowattHours === undefined ? {} : { kilowattHours }),
    window: { from: localInstant(from).iso, until: localInstant(until).iso },
    ...(now === undefined ? {} : { now: optionOf(now, kilowattHours) }),
    best: optionOf(best, kilowattHours),
    ...(now === undefined ? {} : { saving: savingOf(now, best, kilowattHours) }),
    gaps: curve.gaps(from, until + seconds).map((gap) => ({
      from: localInstant(gap.from).iso,
      to: localInstant(gap.to).iso,
      seconds: gap.to - gap.from,
    })),
  }
}

function optionOf({ from, to, gramsPerKilowattHour }: StartOption, kilowattHours?: number): WhenOption {
  return {
    start: localInstant(from).iso,
    end: localInstant(to).iso,
    gramsPerKilowattHour,
    ...(kilowattHours === undefined ? {} : { gramsCo2e: gramsPerKilowattHour * kilowattHours }),
  }
}

function savingOf(
  now: StartOption,
  best: StartOption,
  kilowattHours?: number,
): NonNullable<WhenAnswer['saving']> {
  const less = Math.max(0, now.gramsPerKilowattHour - best.gramsPerKilowattHour)
  return {
    share: now.gramsPerKilowattHour > 0 ? less / now.gramsPerKilowattHour : 0,
    gramsPerKilowattHour: less,
    ...(kilowattHours === undefined ? {} : { gramsCo2e: less * kilowattHours }),
  }
}

/** An ISO 8601 time as people read it, in the local time zone. */
function readable(iso: string): string {
  return localInstant(Date.parse(iso) / 1000).text
}
