import type { Metric } from '@aws-sdk/client-cloudwatch'
import type { Domain } from '@ergometer/meter'
import type { Bucket } from './bucket.ts'
import type { CloudSeries } from './cloud-account.ts'
import { type PowerModel, wattsAt } from './power-model.ts'

/** What CloudWatch tells of one domain. */
export interface AwsSignal extends CloudSeries {
  /** The metric, in each of the spellings that it goes by: of two that tell of one bucket the last counts. */
  readonly metrics: readonly Metric[]
  /** Seconds of a bucket. */
  readonly period: number
}

/** What a domain is, but for how it is read. */
export type SignalDomain = Pick<Domain, 'id' | 'kind' | 'label' | 'attributes' | 'identity'>

/** Seconds by which AWS tells late of a bucket that is over (unverified: minutes were seen). */
const DELAY = 120

/** Mean watts, as a sensor told them. */
export function measuredSignal(domain: SignalDomain, metrics: readonly Metric[], period: number): AwsSignal {
  return {
    metrics,
    period,
    domain: { ...domain, ...timesOf(period), method: 'measured', reads: { quantity: 'interval-energy' } },
    joulesOf: (bucket) => (bucket.value < 0 ? undefined : bucket.value * secondsOf(bucket)),
  }
}

/**
 * A load, by a power model of so many alike pieces; `fullLoad`: what the metric shows when all of them are busy. More than
 * a tenth above is no load.
 */
export function modelledSignal(
  domain: SignalDomain,
  metrics: readonly Metric[],
  period: number,
  { model, count = 1, fullLoad }: { model: PowerModel; count?: number; fullLoad: number },
): AwsSignal {
  return {
    metrics,
    period,
    domain: {
      ...modelledDomain(domain, period, model.relativeUncertainty),
      attributes: { ...domain.attributes, basis: model.source },
    },
    joulesOf(bucket) {
      const load = bucket.value / fullLoad
      if (load < 0 || load > 1.1) return undefined
      return wattsAt(model, load) * count * secondsOf(bucket)
    },
  }
}

/** Watts that are always taken while a metric tells anything at all. */
export function constantSignal(
  domain: SignalDomain,
  metrics: readonly Metric[],
  period: number,
  { watts, relativeUncertainty }: { watts: number; relativeUncertainty: number },
): AwsSignal {
  return {
    metrics,
    period,
    domain: modelledDomain(domain, period, relativeUncertainty),
    joulesOf: (bucket) => watts * secondsOf(bucket),
  }
}

function timesOf(period: number): Pick<Domain, 'updatePeriod' | 'lateBy'> {
  return { updatePeriod: period, lateBy: period + DELAY }
}

function secondsOf({ from, to }: Bucket): number {
  return to - from
}

/** A domain whose energy is the model's, by whose error all domains of the meter are wrong together. */
function modelledDomain(domain: SignalDomain, period: number, relative: number): Domain {
  return {
    ...domain,
    ...timesOf(period),
    method: 'modelled',
    reads: { quantity: 'interval-energy' },
    standardUncertainty: { relative, shared: 'meter' },
  }
}
