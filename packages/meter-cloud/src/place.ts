import type { Accelerators } from './instance-model.ts'
import type { Provider } from './provider.ts'

/** Where a machine is, and what it is, as its cloud tells. What is not known is absent. */
export interface Place {
  readonly provider: Provider
  /** `eu-west-1`, `europe-north1`, `westeurope`. */
  readonly region: string
  /** `eu-west-1a`, `europe-north1-b`, `2`. */
  readonly zone?: string
  /** `p4d.24xlarge`, `a2-highgpu-1g`, `Standard_NC24ads_A100_v4`. */
  readonly instanceType?: string
  readonly instanceId?: string
  /** Azure's own name of the machine: `/subscriptions/…/virtualMachines/trainer`. */
  readonly resourceId?: string
  /** The account of AWS, Google's project, Azure's subscription. */
  readonly account?: string
  /** By the instance type. */
  readonly accelerators?: Accelerators
}

/** No name in a reply may be longer. */
const LONGEST = 128

/** A word of a reply that has the form that it should have; else undefined: replies are not trusted. */
export function word(value: unknown, pattern: RegExp): string | undefined {
  return typeof value === 'string' && value.length <= LONGEST && pattern.test(value) ? value : undefined
}

/** Regions and zones of all three clouds. */
export const REGION = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/
/** Instance types of all three clouds. */
export const INSTANCE_TYPE = /^[A-Za-z0-9][A-Za-z0-9._-]*$/
/** Ids of instances and accounts. */
export const ID = /^[A-Za-z0-9][A-Za-z0-9:._-]*$/
