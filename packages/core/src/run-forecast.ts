import { CountedEnergy, ENOUGH_COVERAGE } from './counted-energy.ts'
import { JOULES_PER_KILOWATT_HOUR } from './factors.ts'
import { type Estimate, FEWEST_STEPS, forecastTotal } from './forecast.ts'
import type { Journal } from './journal.ts'
import type { Plan } from './plan.ts'
import { progressOf } from './progress.ts'
import type { ReportForecast } from './report.ts'

/**
 * What a run will take up to the end of its last epoch, or its last unit of work, as far as it can be told from what is known
 * of it at `until` (seconds of the run): what is absent is unknown, and `why` says why. `gramsPerJoule`: of the run so far;
 * nobody knows what the grid will be.
 */
export function forecastRun(
  journal: Journal,
  plan: Plan,
  gramsPerJoule: number | undefined,
  until = journal.until,
  energy = CountedEnergy.of(journal),
): ReportForecast {
  const progress = progressOf(journal, plan, until)
  const done = progress.at(-1)?.done ?? 0
  const of = 'phase' in plan ? plan.phase : plan.work
  const told = { of, done, total: plan.total, madeAt: until }
  const spent = { seconds: until, joules: energy.joules({ from: 0, to: until }) }
  const seconds = forecastTotal(
    progress.map(({ done, seconds }) => ({ done, amount: seconds })),
    plan.total,
  )
  if (!seconds) return { ...told, why: tooEarly(plan, progress.length) }
  const over = done >= plan.total
  const time = over ? seconds : atLeast(spent.seconds, seconds)
  const coverage = energy.coverage({ from: 0, to: until })
  const joules =
    coverage < ENOUGH_COVERAGE
      ? undefined
      : forecastTotal(
          // A time up to which nothing is known is left out: unknown is not zero.
          progress.flatMap(({ done, seconds }) => {
            const amount = energy.joules({ from: 0, to: seconds })
            return amount === undefined ? [] : [{ done, amount }]
          }),
          plan.total,
        )
  if (!joules) {
    const why = `energy is known for ${Math.floor(coverage * 100)} % of the time only`
    return { ...told, seconds: time, why }
  }
  const total = over ? joules : atLeast(spent.joules ?? 0, joules)
  return {
    ...told,
    seconds: time,
    joules: total,
    kilowattHours: each(total, (value) => value / JOULES_PER_KILOWATT_HOUR),
    ...(gramsPerJoule === undefined ? {} : { gramsCo2e: each(total, (value) => value * gramsPerJoule) }),
  }
}

function tooEarly(plan: Plan, steps: number): string {
  if ('work' in plan)
    return steps === 0 ? `no ${plan.work} were done yet` : `too few ${plan.work} were done yet`
  return `${steps} of '${plan.phase}' ended so far, and ${FEWEST_STEPS} are needed`
}

/** What has been taken already is taken. */
function atLeast(spent: number, estimate: Estimate): Estimate {
  return each(estimate, (value) => Math.max(spent, value))
}

function each({ value, low, high }: Estimate, of: (figure: number) => number): Estimate {
  return { value: of(value), low: of(low), high: of(high) }
}

/**
 * The forecast of a report: as of now, or of the run's end; of a run that came as far as was said, the earliest that could be
 * made when somebody said it, to be held against what it took.
 */
export function reportForecast(
  journal: Journal,
  gramsPerJoule: number | undefined,
  energy: CountedEnergy,
): ReportForecast | undefined {
  const last = journal.plans.at(-1)
  if (!last) return undefined
  const latest = forecastRun(journal, last.plan, gramsPerJoule, journal.until, energy)
  if (latest.done < latest.total) return latest
  let forecast: ReportForecast | undefined
  for (const { t, plan } of journal.plans.slice(0, MOST_PLANS)) {
    if (JSON.stringify(plan) !== JSON.stringify(last.plan)) continue
    forecast = forecastRun(journal, plan, gramsPerJoule, Math.min(t, journal.until), energy)
    if (forecast.why === undefined) break
  }
  return forecast
}

/** So many are looked at. */
const MOST_PLANS = 100
