import type { Domain } from '@ergometer/meter'
import type { CloudSeries } from './cloud-account.ts'
import type { InstanceModel } from './instance-model.ts'
import { type PowerModel, wattsAt } from './power-model.ts'

/** What of a domain is its place in a cloud, not its physics. */
export type CloudDomain = Pick<Domain, 'id' | 'kind' | 'label'> &
  Required<Pick<Domain, 'updatePeriod' | 'lateBy'>> &
  Pick<Domain, 'identity' | 'attributes' | 'maxWatts'>

/** A percentage above this, as a fraction, is none. */
const HIGHEST_PERCENTAGE = 1.1

/** How a load becomes watts. */
export interface LoadPower {
  readonly model: PowerModel
  /** Alike pieces that the load is the mean of; by default one. */
  readonly count?: number
  /** A load above this is none; by default 1.1. */
  readonly highest?: number
}

/** A domain whose buckets are loads (0 to 1, at times a little above), and whose power is modelled. */
export function loadSeries(
  domain: CloudDomain,
  { model, count = 1, highest = HIGHEST_PERCENTAGE }: LoadPower,
): CloudSeries {
  return {
    domain: {
      ...domain,
      label: `${domain.label} (model)`,
      method: 'modelled',
      reads: { quantity: 'interval-energy' },
      standardUncertainty: { relative: model.relativeUncertainty, shared: 'meter' },
      attributes: { ...domain.attributes, basis: model.source },
    },
    joulesOf: ({ from, to, value }) =>
      value >= 0 && value <= highest ? count * wattsAt(model, value) * (to - from) : undefined,
  }
}

/** The memory of an instance: its modelled power in each bucket in which anything was told of the instance, which then was up. */
export function memorySeries(
  domain: CloudDomain,
  { watts, relativeUncertainty }: NonNullable<InstanceModel['memory']>,
): CloudSeries {
  return {
    domain: {
      ...domain,
      label: `${domain.label} (model)`,
      method: 'modelled',
      reads: { quantity: 'interval-energy' },
      standardUncertainty: { relative: relativeUncertainty, shared: 'meter' },
    },
    joulesOf: ({ from, to, value }) => (value >= 0 ? watts * (to - from) : undefined),
  }
}

/** A domain whose buckets are mean watts. What a cloud's sensor errs by is not published, and so stays unknown. */
export function powerSeries(domain: CloudDomain): CloudSeries {
  return {
    domain: { ...domain, method: 'measured', reads: { quantity: 'interval-energy' } },
    joulesOf: ({ from, to, value }) => (value >= 0 ? value * (to - from) : undefined),
  }
}

/** A domain whose buckets are joules that the provider reports. */
export function energySeries(domain: CloudDomain): CloudSeries {
  return {
    domain: { ...domain, method: 'reported', reads: { quantity: 'interval-energy' } },
    joulesOf: ({ value }) => (value >= 0 ? value : undefined),
  }
}
