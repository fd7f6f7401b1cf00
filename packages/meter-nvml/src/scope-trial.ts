import type { Gpu } from './gpu.ts'
import { firstOf } from './present-rung.ts'
import {
  AVERAGE_POWER,
  COUNTERS,
  type FoundRung,
  INSTANT_POWER,
  MODULE_AVERAGE_POWER,
  MODULE_INSTANT_POWER,
  POWER_USAGE,
  type Rung,
  type TimedValue,
} from './rung.ts'

/** What a rung of a superchip's GPU covers. */
export type Scope = 'gpu' | 'module' | 'unknown'

/** The rungs of a superchip's GPU by what they cover, each the best. */
export type ScopedRungs = { readonly [scope in Scope]?: FoundRung }

/** Two figures of one thing may differ by so much. */
const TOLERANCE = 0.15
/** Two scopes whose power differs by less than this show one and the same. */
const SAME = 0.03
/** A figure is the nearer one's if the other one is this many times as far away. */
const CLEARLY = 2

/** Follows all rungs of a GPU on a superchip for some seconds, and finds what each of them covers. */
export class ScopeTrial {
  readonly gpu: Gpu
  readonly #clock: () => number
  readonly #series = new Map<Rung, TimedValue[]>()

  constructor(gpu: Gpu, clock: () => number) {
    this.gpu = gpu
    this.#clock = clock
    const counter = firstOf(COUNTERS, gpu.device)?.rung
    const powers = [INSTANT_POWER, AVERAGE_POWER, MODULE_INSTANT_POWER, MODULE_AVERAGE_POWER, POWER_USAGE]
    for (const rung of [...(counter ? [counter] : []), ...powers]) this.#series.set(rung, [])
  }

  /** Reads all rungs once. */
  look(): void {
    for (const [rung, series] of this.#series) {
      try {
        series.push({ value: rung.read(this.gpu.device), time: this.#clock() })
      } catch {
        // It does not answer, or not now.
      }
    }
  }

  /** What was found. The scope of a field is what it was asked for; that of a counter and of plain power is seen. */
  found(): ScopedRungs {
    const gpu = this.#first([INSTANT_POWER, AVERAGE_POWER])
    const module = this.#first([MODULE_INSTANT_POWER, MODULE_AVERAGE_POWER])
    const watts = { gpu: gpu && meanWatts(gpu.early), module: module && meanWatts(module.early) }
    const distinct = differ(watts)
    const [counter] = [...this.#series].filter(([rung]) => rung.quantity === 'energy')
    const slope = counter && slopeWatts(counter[1])
    const usage = this.#series.get(POWER_USAGE) ?? []
    const candidates: [Scope, FoundRung][] = []
    if (counter && slope !== undefined) {
      candidates.push([scopeOf(slope, watts), { rung: counter[0], early: counter[1] }])
    }
    // What cannot be told from the module's is the module's: its CPU is then counted by nobody else.
    if (gpu) candidates.push([distinct ? 'gpu' : 'module', gpu])
    if (module) candidates.push(['module', module])
    if (usage.length > 0) {
      candidates.push([scopeOf(meanWatts(usage), watts), { rung: POWER_USAGE, early: usage }])
    }
    return Object.fromEntries([...candidates].reverse())
  }

  /** Power of a scope, to hold against a counter of that scope. */
  power(scope: Scope): Rung | undefined {
    if (scope === 'unknown') return undefined
    const module = [MODULE_INSTANT_POWER, MODULE_AVERAGE_POWER]
    return this.#first(scope === 'module' ? module : [INSTANT_POWER, AVERAGE_POWER])?.rung
  }

  #first(rungs: readonly Rung[]): FoundRung | undefined {
    const rung = rungs.find((one) => (this.#series.get(one) ?? []).length > 0)
    return rung && { rung, early: this.#series.get(rung) ?? [] }
  }
}

interface Watts {
  readonly gpu: number | undefined
  readonly module: number | undefined
}

/** What some watts are those of: the scope that they agree with, and with no other. */
export function scopeOf(watts: number, { gpu, module }: Watts): Scope {
  const off = (other: number | undefined): number =>
    other === undefined ? Number.POSITIVE_INFINITY : Math.abs(watts - other) / other
  const [ofGpu, ofModule] = [off(gpu), off(module)]
  if (Math.min(ofGpu, ofModule) > TOLERANCE) return 'unknown'
  if (!differ({ gpu, module })) return 'module'
  if (ofGpu * CLEARLY < ofModule) return 'gpu'
  return ofModule * CLEARLY < ofGpu ? 'module' : 'unknown'
}

function differ({ gpu, module }: Watts): boolean {
  return gpu === undefined || module === undefined || Math.abs(module - gpu) > SAME * module
}

/** Mean power in W of samples in mW, over time. */
function meanWatts(samples: readonly TimedValue[]): number {
  const [first, last] = [samples[0], samples.at(-1)]
  if (!first || !last || last.time <= first.time) return (first?.value ?? Number.NaN) / 1000
  let sum = 0
  samples.slice(1).forEach(({ time, value }, index) => {
    const before = samples[index] as TimedValue
    sum += ((before.value + value) / 2) * (time - before.time)
  })
  return sum / (last.time - first.time) / 1000
}

/** Power in W of a counter in mJ, from one of its changes to another; undefined if it hardly moved. */
function slopeWatts(counts: readonly TimedValue[]): number | undefined {
  const changes = counts.filter(({ value }, index) => index > 0 && value !== counts[index - 1]?.value)
  const [first, last] = [changes[0], changes.at(-1)]
  if (!first || !last || last.time <= first.time || last.value <= first.value) return undefined
  return (last.value - first.value) / (last.time - first.time) / 1000
}
