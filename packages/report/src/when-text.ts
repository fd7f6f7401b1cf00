import { type Fact, type Line, phrase } from './phrase.ts'
import { formatGrams, formatNumber, formatSeconds, formatShare } from './quantity.ts'
import { createPaint } from './style.ts'
import { drawingWidth, factLines, type TextOptions } from './text-lines.ts'

/** A time to run, times as ISO 8601 with their offset. */
export interface WhenOption {
  readonly start: string
  readonly end: string
  /** The mean over that time, at even power. */
  readonly gramsPerKilowattHour: number
  /** Of the energy that was given; absent without it. */
  readonly gramsCo2e?: number
}

/** What `ergometer when --json` prints. */
export interface WhenAnswer {
  readonly schema: 'ergometer.when/1'
  readonly source: string
  readonly zone?: string
  readonly kind: 'average' | 'marginal'
  readonly basis: 'lifecycle' | 'direct'
  /** Licence or terms of the figures. */
  readonly terms?: string
  /** How long it runs. */
  readonly hours: number
  /** The energy that it takes; absent if it was not given. */
  readonly kilowattHours?: number
  /** The first and the last start that was looked at. */
  readonly window: { readonly from: string; readonly until: string }
  /** Starting at once; absent where the forecast does not tell. */
  readonly now?: WhenOption
  /** The start with the least intensity, of equal ones the earliest. */
  readonly best: WhenOption
  /** Of `best` against `now`; absent without `now`. `share` is of `now`, 0 to 1. */
  readonly saving?: {
    readonly share: number
    readonly gramsPerKilowattHour: number
    readonly gramsCo2e?: number
  }
  /** Times, up to the last end, of which the forecast tells nothing: no start that needs them was taken. */
  readonly gaps: readonly { readonly from: string; readonly to: string; readonly seconds: number }[]
}

/** Tells a person when to start; ends with a line feed. `show`: an ISO 8601 time as people read it. */
export function whenText(
  answer: WhenAnswer,
  show: (iso: string) => string,
  options: TextOptions = {},
): string {
  const paint = createPaint(options.color)
  const facts: Fact[] = [
    { label: 'Start', lines: startLines(answer, show) },
    { label: 'Now', lines: [nowLine(answer)] },
    ...saving(answer),
    { label: 'Looked at', lines: windowLines(answer, show) },
    { label: 'Forecast', lines: [sourceLine(answer)] },
  ]
  return `${factLines(facts, drawingWidth(options.columns), paint).join('\n')}\n`
}

function startLines({ best, now }: WhenAnswer, show: (iso: string) => string): Line[] {
  const atOnce = now !== undefined && now.start === best.start
  return [
    [phrase(atOnce ? 'now' : show(best.start), 'strong'), phrase(`ends ${show(best.end)}`)],
    [amount(best)],
  ]
}

function nowLine({ now, best }: WhenAnswer): Line {
  if (now === undefined) return [phrase('unknown: the forecast does not tell', 'caution')]
  return now.start === best.start ? [phrase('no later start is better')] : [amount(now)]
}

function amount({ gramsPerKilowattHour, gramsCo2e }: WhenOption) {
  const grams = gramsCo2e === undefined ? '' : `, ${formatGrams(gramsCo2e)} CO2e`
  return phrase(`${formatNumber(gramsPerKilowattHour)} g/kWh${grams}`)
}

function saving({ saving, now, best }: WhenAnswer): Fact[] {
  if (saving === undefined || now?.start === best.start) return []
  const grams =
    saving.gramsCo2e === undefined ? [] : [phrase(`${formatGrams(saving.gramsCo2e)} CO2e`, 'good')]
  return [{ label: 'Saving', lines: [[phrase(formatShare(saving.share), 'good'), ...grams]] }]
}

function windowLines({ window, hours, gaps }: WhenAnswer, show: (iso: string) => string): Line[] {
  const missing = gaps.reduce((sum, { seconds }) => sum + seconds, 0)
  return [
    [phrase(`${formatSeconds(hours * 3600)} from any start until ${show(window.until)}`, 'dim')],
    ...(missing === 0
      ? []
      : [
          [
            phrase(
              `no forecast for ${formatSeconds(missing)} of that time: starts that need it are left out`,
              'caution',
            ),
          ],
        ]),
  ]
}

function sourceLine({ source, zone, kind, basis, terms }: WhenAnswer): Line {
  return [
    phrase(source),
    ...(zone === undefined ? [] : [phrase(zone)]),
    phrase(`${kind}, ${basis}`, 'dim'),
    ...(terms === undefined ? [] : [phrase(terms, 'dim')]),
  ]
}
