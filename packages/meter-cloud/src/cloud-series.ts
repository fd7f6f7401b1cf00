import type { Domain } from '@ergometer/meter'
import type { CloudSeries } from './cloud-account.ts'
import type { InstanceModel } from './instance-model.ts'
import { type PowerModel, wattsAt } from './power-model.ts'

/** What of a domain is its place in a cloud, not its physics. */
export type CloudDomain = Pick<Domain, 'id' | 'kind' | 'label'> &
  Required<Pick<Domain, 'updatePeriod' | 'lateBy'>> &
  Pick<Domain, 'identity' | 'attributes' | 'maxWatts'>

/** A load above this is no load: a percentage, perhaps, where a fraction was expected. */
const HIGHEST_LOAD = 10

/** A domain whose buckets are loads (0 to 1, at times a little above), and whose power is modelled: `count` times that of the model. */
export function loadSeries(domain: CloudDomain, model: PowerModel, count = 1): CloudSeries {
  return {
    domain: {
      ...domain,
      method: 'modelled',
      reads: { quantity: 'interval-energy' },
      standardUncertainty: { relative: model.relativeUncertainty, shared: 'meter' },
    },
    joulesOf: ({ from, to, value }) =>
      value >= 0 && value <= HIGHEST_LOAD ? count * wattsAt(model, value) * (to - from) : undefined,
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
