import { setTimeout as sleep } from 'node:timers/promises'
import type { NvmlDevice } from '@ergometer/node-nvml'
import type { Gpu } from './gpu.ts'
import { COUNTERS, type FoundRung, POWERS, type Rung, type TimedValue } from './rung.ts'

/** Milliseconds between two looks at counters, and how many looks there are: more than twice the slowest update. */
const BETWEEN_LOOKS = 10
const LOOKS = 30
/** NVML may say for a moment that a device does not offer something. */
const TRIES = 3

/** A GPU and the best rung that it has; absent: it has none. `stuck`: it has a counter that stands still. */
export interface GpuRung {
  readonly gpu: Gpu
  readonly found?: FoundRung
  readonly stuck: boolean
}

/**
 * The best rung of each GPU. A counter is one when it was seen to move on: that takes as long as its update period, and
 * only where it does not move a third of a second. What was read meanwhile is not lost.
 */
export async function findRungs(gpus: readonly Gpu[], clock: () => number): Promise<GpuRung[]> {
  const counters = gpus.map((gpu) => new CounterWatch(gpu.device, clock))
  for (let look = 0; look < LOOKS && counters.some((counter) => counter.waits); look++) {
    await sleep(BETWEEN_LOOKS)
    for (const counter of counters) counter.look()
  }
  return gpus.map((gpu, index) => {
    const counter = counters[index] as CounterWatch
    const found = counter.found ?? firstOf(POWERS, gpu.device)
    return { gpu, ...(found ? { found } : {}), stuck: counter.waits }
  })
}

/** Waits for a counter to move on. */
class CounterWatch {
  readonly #device: NvmlDevice
  readonly #clock: () => number
  readonly #rung: Rung | undefined
  readonly #early: TimedValue[] = []
  /** It has been seen to move on. */
  #moves = false

  constructor(device: NvmlDevice, clock: () => number) {
    this.#device = device
    this.#clock = clock
    this.#rung = firstOf(COUNTERS, device)?.rung
    this.look()
  }

  /** True while there is a counter that has not moved. */
  get waits(): boolean {
    return this.#rung !== undefined && !this.#moves
  }

  get found(): FoundRung | undefined {
    return this.#rung && this.#moves ? { rung: this.#rung, early: this.#early } : undefined
  }

  look(): void {
    if (!this.waits) return
    const time = this.#clock()
    const value = answerOf(this.#rung as Rung, this.#device)
    if (value === undefined || value <= 0) return
    const [first] = this.#early
    this.#moves = first !== undefined && value > first.value
    // The first, and the one at which it moved, say all.
    if (first === undefined || this.#moves) this.#early.push({ time, value })
  }
}

/** The first rung that answers. */
export function firstOf(rungs: readonly Rung[], device: NvmlDevice): FoundRung | undefined {
  const rung = rungs.find((one) => answerOf(one, device) !== undefined)
  return rung && { rung, early: [] }
}

function answerOf(rung: Rung, device: NvmlDevice): number | undefined {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    try {
      return rung.read(device)
    } catch {
      // The last word is that it does not answer.
    }
  }
  return undefined
}
