import type { Report } from '@ergometer/core'
import { type Fact, type Line, phrase } from './phrase.ts'
import {
  formatCount,
  formatEnergy,
  formatGrams,
  formatJouleSeconds,
  formatNumber,
  formatSeconds,
} from './quantity.ts'

/** What targets took, energy times delay, and what the whole was to take. */
export function achievementFacts(report: Report): Fact[] {
  return [...targetFact(report.scores), ...delayFact(report.energy), ...forecastFact(report)]
}

function targetFact(scores: Report['scores']): Fact[] {
  const lines = Object.entries(scores).flatMap(([name, { target, best }]): Line[] => {
    if (!target) return []
    const { value, reached, joules, seconds, gramsCo2e } = target
    const wanted = `${name} ${formatNumber(value, 4)}`
    if (!reached)
      return [[phrase(`${wanted} not reached`, 'caution'), phrase(`best ${formatNumber(best, 4)}`)]]
    return [
      [
        phrase(`${wanted} for ${joules === undefined ? 'unknown energy' : formatEnergy(joules)}`, 'strong'),
        ...(gramsCo2e === undefined ? [] : [phrase(`${formatGrams(gramsCo2e)} CO2e`)]),
        phrase(`after ${formatSeconds(seconds)}`),
      ],
    ]
  })
  return lines.length === 0 ? [] : [{ label: 'Target', lines }]
}

function delayFact({ energyDelayJouleSeconds }: Report['energy']): Fact[] {
  if (energyDelayJouleSeconds === undefined) return []
  const product = phrase(`${formatJouleSeconds(energyDelayJouleSeconds)} of energy times delay`)
  return [{ label: 'Delay', lines: [[product]] }]
}

function forecastFact({ forecast, run, energy, phases, work }: Report): Fact[] {
  if (!forecast) return []
  const { of, done, total, seconds, joules, gramsCo2e, why } = forecast
  const after = `after ${of} ${formatCount(done)} of ${formatCount(total)}`
  const line = [
    ...(joules
      ? [
          phrase(`${formatEnergy(joules.value)} in all`, 'strong'),
          phrase(`${formatEnergy(joules.low)} to ${formatEnergy(joules.high)} (95 %)`),
        ]
      : [phrase('unknown', 'caution'), ...(why === undefined ? [] : [phrase(why)])]),
    ...(gramsCo2e ? [phrase(`${formatGrams(gramsCo2e.value)} CO2e`)] : []),
    ...(seconds ? [phrase(formatSeconds(seconds.value))] : []),
    phrase(after, 'dim'),
  ]
  const reached = phases.find(({ name }) => name === of)?.count ?? work[of] ?? 0
  const took = joules !== undefined && energy.joules !== undefined && reached >= total && done < total
  const came = [phrase(`it took ${formatEnergy(energy.joules)} in ${formatSeconds(run.seconds)}`, 'dim')]
  return [{ label: 'Forecast', lines: took ? [line, came] : [line] }]
}
