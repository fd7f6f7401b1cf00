import type { Domain, RecordReading } from '@ergometer/meter'
import type { Gpu } from './gpu.ts'
import type { FoundRung, Rung, TimedValue } from './rung.ts'
import type { SmiPower } from './smi-power.ts'

/** A domain, and how it is read. */
export interface Channel {
  readonly domain: Domain
  /** The GPU whose handle is read; absent: `nvidia-smi` tells. */
  readonly gpu?: Gpu
  /** Records what it shows now; its last value in mJ or mW, if there is one. Throws what NVML throws. */
  read(record: RecordReading, index: number): number | undefined
  /** Power in mW of what a counter counts, to hold against it; absent: there is none. */
  readonly power?: (() => number) | undefined
}

/** A domain read by a rung. What was read before it was opened is recorded with its own time. */
export class NvmlChannel implements Channel {
  readonly domain: Domain
  readonly gpu: Gpu
  readonly power: (() => number) | undefined
  readonly #rung: Rung
  #early: readonly TimedValue[]

  /** `power`: to hold against a counter. */
  constructor(domain: Domain, gpu: Gpu, { rung, early }: FoundRung, power?: Rung) {
    this.domain = domain
    this.gpu = gpu
    this.#rung = rung
    this.#early = early
    this.power = rung.quantity === 'energy' && power ? () => power.read(gpu.device) : undefined
  }

  read(record: RecordReading, index: number): number {
    recordAll(record, index, this.domain, this.#early)
    this.#early = []
    const value = this.#rung.read(this.gpu.device)
    record(index, inUnits(this.domain, value))
    return value
  }
}

/** A domain that `nvidia-smi` tells of. */
export class SmiChannel implements Channel {
  readonly domain: Domain
  readonly #smi: SmiPower

  constructor(domain: Domain, smi: SmiPower) {
    this.domain = domain
    this.#smi = smi
  }

  read(record: RecordReading, index: number): undefined {
    recordAll(record, index, this.domain, this.#smi.take(this.domain.id))
  }
}

function recordAll(
  record: RecordReading,
  index: number,
  domain: Domain,
  values: readonly TimedValue[],
): void {
  for (const { time, value } of values) record(index, inUnits(domain, value), { time })
}

/** A counter is told as it is, power in watts. */
function inUnits({ reads }: Domain, value: number): number {
  return reads.quantity === 'power' ? value / 1000 : value
}
