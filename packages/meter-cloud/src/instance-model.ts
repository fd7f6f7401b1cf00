import { splitInstanceName } from './instance-name.ts'
import { findInstance, type InstanceRow } from './instance-row.ts'
import type { PowerModel } from './power-model.ts'
import { acceleratorTable, type ProcessorRow, processorTable } from './power-table.ts'
import type { Provider } from './provider.ts'
import { MEMORY_WATTS_PER_GIGABYTE } from './storage-power.ts'

/** What an instance takes, as a model. */
export interface InstanceModel {
  readonly vCpus?: number
  /** Micro-architectures whose published figures these are; absent where `cpu` is the provider's average. */
  readonly processors?: readonly string[]
  /** Of all its vCPUs together, with their part of supply, fans, board and of `memory.includedGigabytes`; absent: nothing is known of it. */
  readonly cpu?: PowerModel
  readonly memory?: {
    readonly gigabytes: number
    /** Of these the watts of `cpu` hold so many already. */
    readonly includedGigabytes: number
    /** Of all beyond. */
    readonly watts: number
    readonly relativeUncertainty: number
  }
  /** Of one of its GPUs; `count` is below 1 where the instance has a part of one. */
  readonly gpu?: PowerModel & { readonly count: number; readonly label: string }
  /** Its accelerators, also those whose power nobody publishes. */
  readonly accelerators?: Accelerators
  /** How it was found: by its type, its family, or as the provider's average. */
  readonly known: 'type' | 'family' | 'provider'
}

/** Accelerators of a machine: `count` is below 1 where it has a part of one. */
export interface Accelerators {
  readonly count: number
  readonly label: string
}

const SOURCE = 'Cloud Carbon Footprint'

/** Watts of a vCPU where its processor is not known, idle and peak: Cloud Carbon Footprint's mean of each provider (data/LICENSE.md). */
const AVERAGES: Readonly<Record<Provider, readonly [idleWatts: number, peakWatts: number]>> = {
  aws: [0.74, 3.5],
  gcp: [0.68, 4.11],
  azure: [0.74, 3.54],
}

/** Of a provider's average: its processors lie between 1.1 and 5.6 W at half load. */
const AVERAGE_UNCERTAINTY = 0.6
/** Of the size, where only the family is known and the name tells the vCPUs. */
const SIZE_UNCERTAINTY = 0.2
/** Memory modules differ by that: Cloud Carbon Footprint's figure is the mean of two makers', of other generations. */
const MEMORY_UNCERTAINTY = 0.5

/**
 * The model of an instance type; where the type is unknown, that of its family, else the provider's average of a vCPU. `vCpus`: as the
 * machine itself counts them, for where no table knows. What is not known is absent: never a power of 0.
 */
export function instanceModel(
  provider: Provider,
  instanceType: string | undefined,
  { vCpus: counted }: { readonly vCpus?: number | undefined } = {},
): InstanceModel {
  const row = instanceType === undefined ? undefined : findInstance(provider, instanceType)
  const known = row?.known ?? 'provider'
  const named = instanceType === undefined ? undefined : splitInstanceName(provider, instanceType)?.vCpus
  const vCpus = known === 'type' ? row?.vCpus : (counted ?? named)
  const published = (row?.processors ?? []).filter((name) => Object.hasOwn(processorTable, name))
  const one = published.length > 0 ? meanProcessor(published) : averageProcessor(provider)
  const [idleWatts, peakWatts, uncertainty, includedPerCpu] = one
  const processor = published.length > 0 ? published.join(', ') : `mean of ${provider}`
  return {
    ...(vCpus === undefined
      ? {}
      : {
          vCpus,
          cpu: {
            idleWatts: idleWatts * vCpus,
            peakWatts: peakWatts * vCpus,
            relativeUncertainty: known === 'family' ? Math.hypot(uncertainty, SIZE_UNCERTAINTY) : uncertainty,
            source: `${SOURCE} (${processor})`,
          },
        }),
    ...(published.length > 0 ? { processors: published } : {}),
    ...memoryOf(row?.gigabytes, includedPerCpu * (vCpus ?? 0)),
    ...acceleratorsOf(row),
    known,
  }
}

/** One vCPU that may be of several processors: a group with Sandy or Ivy Bridge takes the median, else the mean, as Cloud Carbon Footprint does. */
function meanProcessor(names: readonly string[]): ProcessorRow {
  const rows = names.map((name) => processorTable[name] as ProcessorRow)
  const old = names.includes('sandy-bridge') || names.includes('ivy-bridge')
  const column = (at: 0 | 1 | 2 | 3) => rows.map((row) => row[at])
  const middles = rows.map(([idle, peak]) => (idle + peak) / 2)
  const spread = Math.sqrt(mean(middles.map((watts) => (watts - mean(middles)) ** 2))) / mean(middles)
  const centre = old ? median : mean
  return [centre(column(0)), centre(column(1)), Math.hypot(mean(column(2)), spread), mean(column(3))]
}

function averageProcessor(provider: Provider): ProcessorRow {
  const included = Object.values(processorTable).map(([, , , gigabytes]) => gigabytes)
  return [...AVERAGES[provider], AVERAGE_UNCERTAINTY, mean(included)]
}

function memoryOf(gigabytes: number | undefined, included: number): Pick<InstanceModel, 'memory'> {
  if (gigabytes === undefined) return {}
  const includedGigabytes = Math.min(gigabytes, included)
  const watts = (gigabytes - includedGigabytes) * MEMORY_WATTS_PER_GIGABYTE
  return { memory: { gigabytes, includedGigabytes, watts, relativeUncertainty: MEMORY_UNCERTAINTY } }
}

function acceleratorsOf(row: InstanceRow | undefined): Pick<InstanceModel, 'gpu' | 'accelerators'> {
  if (!row?.accelerator) return {}
  const { name, count } = row.accelerator
  const [label, power] = acceleratorTable[name] ?? [name]
  const accelerators = { count, label }
  if (!power) return { accelerators }
  const [idleWatts, peakWatts, relativeUncertainty, source] = power
  return { accelerators, gpu: { idleWatts, peakWatts, relativeUncertainty, source, count, label } }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length / 2
  return mean(sorted.slice(Math.ceil(middle) - 1, Math.floor(middle) + 1))
}
