import type {
  ProviderFigures,
  Reconciliation,
  ReconciliationDifference,
  RunsFigures,
} from '@ergometer/report'
import type { RunMonth } from './run-month.ts'

/**
 * What a provider's figures contain. AWS: https://docs.aws.amazon.com/ccft/latest/releasenotes/what-is-ccftrn.html; Google:
 * https://docs.cloud.google.com/carbon-footprint/docs/methodology; Azure: https://learn.microsoft.com/azure/carbon-optimization/overview.
 */
const CONTAINS: Readonly<Record<Reconciliation['provider'], string>> = {
  aws: 'scopes 1 to 3 of all services of the account: electricity, idle and shared machines by allocation, network, cooling, fuels, hardware and buildings; monthly, weeks late; metric tons',
  gcp: 'scopes 1 to 3 of all services of the project: electricity, idle machines and shared infrastructure by allocation, fuels, hardware and buildings; monthly, weeks late; kilograms',
  azure:
    'the scopes that were asked for, of all services of the subscription, idle and shared machines by allocation; it does not name its method for electricity; monthly, weeks late; kilograms',
}
const OF_RUNS =
  'the metered runs of these months alone: energy of their computers times PUE times the intensity of the grid; embodied emissions beside it; machines that stood idle between runs, storage, network and all other services are no part of it'

/** What the figures of both sides contain. */
export function boundariesOf(provider: Reconciliation['provider']): Reconciliation['boundaries'] {
  return { provider: CONTAINS[provider], runs: OF_RUNS }
}

/** Why the two figures of a row differ, as far as that can be told, the provider's scopes with what they come to. */
export function differencesOf(
  provider: ProviderFigures | undefined,
  runs: readonly RunMonth[],
  figures: RunsFigures,
): ReconciliationDifference[] {
  return [...byScope(provider, figures), ...byRuns(provider, runs, figures)]
}

function byScope(provider: ProviderFigures | undefined, { operationalGrams }: RunsFigures) {
  const found: ReconciliationDifference[] = []
  if (!provider) {
    const message =
      'the report has no such account and region: it may come weeks late, or leave out what is small'
    return [{ kind: 'not-reported', message }]
  }
  const { scope1Grams, scope2LocationBasedGrams, locationBasedGrams, totalGrams } = provider
  const scope3Grams = provider.scope3LocationBasedGrams ?? provider.scope3Grams
  if (scope1Grams !== undefined) {
    const message = "scope 1, the provider's own fuels and refrigerants: no part of a run"
    found.push({ kind: 'scope-1', message, gramsCo2e: scope1Grams })
  }
  if (scope3Grams !== undefined) {
    const message =
      'scope 3, hardware, buildings, making of fuels: of these a run has the embodied emissions at most'
    found.push({ kind: 'scope-3', message, gramsCo2e: scope3Grams })
  }
  const electricity = scope2LocationBasedGrams ?? locationBasedGrams ?? totalGrams
  if (electricity === undefined || operationalGrams === undefined) return found
  const rest = electricity - operationalGrams
  if (rest < 0) {
    const message =
      'more in runs than the report has: another intensity or PUE, or machines that are not on this bill'
    return [...found, { kind: 'runs-exceed-report', message, gramsCo2e: -rest }]
  }
  const of = scope2LocationBasedGrams === undefined ? 'the figure' : 'scope 2, electricity by location'
  const message = `the rest of ${of}: other services, machines without a run, idle ones by allocation, another intensity or PUE`
  return [...found, { kind: 'not-metered', message, gramsCo2e: rest }]
}

function byRuns(
  provider: ProviderFigures | undefined,
  runs: readonly RunMonth[],
  { provisional, operationalGrams, embodiedGrams, coverage }: RunsFigures,
) {
  const found: ReconciliationDifference[] = []
  const add = (kind: string, message: string) => found.push({ kind, message })
  if (provider?.marketBasedGrams !== undefined) {
    add(
      'market-based',
      'the market-based figure is by contracts of the provider: runs, by location, explain no share of it',
    )
  }
  if (runs.length > 0 && embodiedGrams === undefined) {
    add('embodied-unknown', 'embodied emissions are not known of every run')
  }
  if (provisional > 0) add('provisional', `${provisional} of the runs may still change: ergometer settle`)
  if (coverage !== undefined && coverage < 0.995) {
    add('coverage', `the energy of the runs is known for ${(coverage * 100).toFixed(0)} % of their time`)
  }
  if (runs.some(({ overlapSeconds }) => overlapSeconds > 0)) {
    add('overlap', 'runs were made side by side on one machine: what two of them tell of counts once')
  }
  if (runs.length > 0 && operationalGrams === undefined) {
    add(
      'grams-unknown',
      'grams are not known of every run, or are by lifecycle of some and direct of others: no sum',
    )
  }
  return found
}
