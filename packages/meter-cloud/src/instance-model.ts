import type { PowerModel } from './power-model.ts'
import type { Provider } from './provider.ts'

/** What an instance takes, as a model. */
export interface InstanceModel {
  readonly vCpus?: number
  /** Of all its vCPUs together; absent: nothing is known of it. */
  readonly cpu?: PowerModel
  readonly memory?: {
    readonly gigabytes: number
    readonly watts: number
    readonly relativeUncertainty: number
  }
  /** Of one of its GPUs. */
  readonly gpu?: PowerModel & { readonly count: number; readonly label: string }
  /** How it was found: by its type, its family, or as the provider's average. */
  readonly known: 'type' | 'family' | 'provider'
}

/** The model of an instance type; where the type is unknown, that of its family, else the provider's average of a vCPU. */
export function instanceModel(_provider: Provider, _instanceType: string | undefined): InstanceModel {
  return { known: 'provider' }
}
