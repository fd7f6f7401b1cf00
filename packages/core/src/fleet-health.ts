import { ENOUGH_COVERAGE } from './counted-energy.ts'
import type { FleetRun } from './fleet-run.ts'
import type { HealthEntry } from './health.ts'

/** So many hosts are named in one message. */
const MOST_NAMED = 5

/** What a reader of a fleet's totals should know: which nodes are not in them, and why figures are absent. */
export function fleetHealth(runs: readonly FleetRun[]): HealthEntry[] {
  const without = (has: (run: FleetRun) => boolean) => runs.filter((run) => !has(run))
  const nameless = without(({ runId }) => runId !== undefined)
  const unmetered = without(({ byMethod }) => Object.keys(byMethod).length > 0)
  const uncovered = without(({ coverage = 1 }) => coverage >= ENOUGH_COVERAGE)
  const unsure = without(({ coverage }) => coverage !== undefined)
  const gramless = without(({ grams }) => Object.keys(grams).length > 0)
  const kinds = new Set(runs.flatMap(({ grams }) => Object.keys(grams)))
  const of = (some: readonly FleetRun[]) => `${some.length} of ${counted(runs.length)} (${named(some)})`
  const health: HealthEntry[] = []
  if (unmetered.length > 0) {
    health.push({
      severity: 'warning',
      code: 'node-without-energy',
      message: `no energy is known of ${of(unmetered)}: the total lacks it, and nothing is told per joule`,
    })
  }
  if (uncovered.length > 0) {
    health.push({
      severity: 'warning',
      code: 'node-coverage-low',
      message: `less than ${ENOUGH_COVERAGE * 100} % of the time is known of ${of(uncovered)}: nothing is told per joule`,
    })
  }
  if (unsure.length > 0) {
    health.push({
      severity: 'info',
      code: 'node-coverage-unknown',
      message: `how much of the time is known is not told of ${of(unsure)}`,
    })
  }
  if (kinds.size > 1) {
    health.push({
      severity: 'warning',
      code: 'carbon-kinds-mixed',
      message: `emissions are ${[...kinds].sort().join(' of some nodes, ')} of others: the two are never added`,
    })
  }
  if (kinds.size > 0 && gramless.length > 0) {
    health.push({
      severity: 'warning',
      code: 'node-without-emissions',
      message: `no emissions are known of ${of(gramless)}: the total lacks them`,
    })
  }
  if (nameless.length > 0) {
    health.push({
      severity: 'warning',
      code: 'run-id-unknown',
      message: `the store does not tell the run id of ${of(nameless)}: over two roads it would count twice, and two runs look like one`,
    })
  }
  return [...health, ...repeated(runs)]
}

/** Several runs of one host are not the nodes of one run: the reader may want fewer of them. */
function repeated(runs: readonly FleetRun[]): HealthEntry[] {
  const hosts = new Set(runs.map(({ host }) => host))
  const several = [...hosts].flatMap((host) => {
    const own = runs.filter((run) => run.host === host)
    return own.length > 1 ? own.slice(0, 1) : []
  })
  if (several.length === 0) return []
  return [
    {
      severity: 'info',
      code: 'several-runs',
      message: `more than one run of this name on ${named(several)}: each is a row, and all are in the totals; --since takes fewer`,
    },
  ]
}

function counted(runs: number): string {
  return runs === 1 ? '1 run' : `${runs} runs`
}

function named(runs: readonly FleetRun[]): string {
  const hosts = [...new Set(runs.map(({ host }) => host))]
  const more = hosts.length - MOST_NAMED
  return `${hosts.slice(0, MOST_NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}
