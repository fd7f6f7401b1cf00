import { type EnergyMeter, type MeterContext, MeterError, type RecordReading } from '@ergometer/meter'
import type { NvmlBinding } from '@ergometer/node-nvml'
import type { Channel } from './channel.ts'
import { findGpu } from './find-gpu.ts'
import { GpuGauges } from './gpu-gauges.ts'
import type { GpuShares } from './gpu-shares.ts'
import { adviceOf, mayHaveRestarted } from './nvml-trouble.ts'
import { type Disagreement, SelfCheck } from './self-check.ts'

/** Seconds between two looks at what accompanies energy. */
const ACCOMPANY = 1
/** Seconds until a GPU that is lost is looked for again, at first and at most. */
const LEAST_BACK_OFF = 1
const MOST_BACK_OFF = 60

/** A channel while it is read. */
interface State {
  readonly channel: Channel
  readonly check: SelfCheck
  readonly gauges: GpuGauges
  /** Absent: not wanted, or not told. */
  shares: GpuShares | undefined
  /** Why its last read failed, and whether that was said. */
  failure: unknown
  said: boolean
}

/** What a reader needs beside its channels. */
export interface ReaderParts {
  /** Absent: all is read by `nvidia-smi`. */
  readonly nvml?: NvmlBinding
  /** By domain id: how its energy is shared out. */
  readonly shares: ReadonlyMap<string, GpuShares>
  /** Ends what else was started. */
  close(): void
}

/** Reads GPUs. One that fails costs its own readings, and is looked for again; all that it does is synchronous. */
export class GpuReader implements EnergyMeter {
  readonly domains: EnergyMeter['domains']
  readonly #states: readonly State[]
  readonly #parts: ReaderParts
  readonly #context: MeterContext
  #accompanyAt = Number.NEGATIVE_INFINITY
  #backOff = LEAST_BACK_OFF
  #reviveAt = Number.NEGATIVE_INFINITY

  constructor(channels: readonly Channel[], parts: ReaderParts, context: MeterContext) {
    this.domains = channels.map(({ domain }) => domain)
    this.#states = channels.map((channel) => ({
      channel,
      check: new SelfCheck(),
      gauges: new GpuGauges(),
      shares: parts.shares.get(channel.domain.id),
      failure: undefined,
      said: false,
    }))
    this.#parts = parts
    this.#context = context
  }

  /** Throws a MeterError `NVML_UNREADABLE` when none of the GPUs can be read. */
  read(record: RecordReading): void {
    const now = this.#context.clock()
    if (this.#states.some(isLost) && now >= this.#reviveAt) this.#revive(now)
    this.#states.forEach((state, index) => {
      if (!isLost(state)) this.#readOne(state, record, index)
    })
    if (!this.#states.some(isLost)) this.#backOff = LEAST_BACK_OFF
    if (this.#states.some(({ failure }) => failure !== undefined)) this.#complain()
    if (now < this.#accompanyAt) return
    this.#accompanyAt = now + ACCOMPANY
    this.#states.forEach((state, index) => {
      if (state.failure === undefined) this.#accompany(state, record, index)
    })
  }

  #readOne(state: State, record: RecordReading, index: number): void {
    try {
      const value = state.channel.read(record, index)
      state.failure = undefined
      if (value !== undefined) this.#check(state, record, index, value)
    } catch (error) {
      if (state.failure === undefined) state.said = false
      state.failure = error
      if (!mayHaveRestarted(error)) return
      if (state.channel.domain.reads.quantity === 'energy') record.restart(index)
      this.#reviveAt = Math.max(this.#reviveAt, this.#context.clock() + this.#backOff)
    }
  }

  /** Holds a counter against the power that it counts. */
  #check({ channel, check }: State, record: RecordReading, index: number, millijoules: number): void {
    const time = this.#context.clock()
    if (channel.power === undefined || !check.wants(time)) return
    let milliwatts: number
    try {
      milliwatts = channel.power()
    } catch {
      // Without its power there is nothing to compare.
      return
    }
    const found = check.add(time, millijoules / 1000, milliwatts / 1000)
    if (found === undefined) return
    record.uncertainty(index, found.relative)
    this.#context.log(disagreementText(found), {
      severity: 'warning',
      code: 'energy-disagrees',
      domain: channel.domain.id,
    })
  }

  #accompany(state: State, record: RecordReading, index: number): void {
    const { gpu, domain } = state.channel
    if (gpu === undefined) return
    state.gauges.record(gpu.device, record, index)
    try {
      state.shares?.record(record, index)
    } catch (error) {
      state.shares = undefined
      this.#context.log(`its energy cannot be shared out: ${(error as Error).message}`, {
        code: 'shares-unavailable',
        domain: domain.id,
      })
    }
  }

  /** Gets lost GPUs anew: after all of them are lost, from a driver that may have been loaded anew. */
  #revive(now: number): void {
    const { nvml } = this.#parts
    if (nvml === undefined) return
    this.#backOff = Math.min(MOST_BACK_OFF, this.#backOff * 2)
    this.#reviveAt = now + this.#backOff
    const onNvml = this.#states.filter(({ channel }) => channel.gpu !== undefined)
    const lost = onNvml.filter(isLost)
    try {
      if (lost.length === onNvml.length) {
        nvml.shutdown()
        nvml.init()
      }
      for (const state of lost) this.#reviveOne(state, nvml)
    } catch (error) {
      for (const state of lost) state.failure = error
    }
  }

  #reviveOne(state: State, nvml: NvmlBinding): void {
    const { gpu } = state.channel
    if (gpu === undefined) return
    try {
      gpu.device = findGpu(nvml, gpu.uuid)
      // Whether it is there shows its next read.
      state.failure = new Error('it has not been read again yet')
    } catch (error) {
      state.failure = error
    }
  }

  /**
   * Says once of each outage which GPU it is. Only when nothing at all can be read the read itself has failed: it would
   * be tried ever more seldom, and with it the GPUs that are well.
   */
  #complain(): void {
    const failed = this.#states.filter(({ failure }) => failure !== undefined)
    if (failed.length === this.#states.length) {
      const cause = failed[0]?.failure
      throw new MeterError(adviceOf(cause), { outcome: 'retry', code: 'NVML_UNREADABLE', cause })
    }
    for (const state of failed) {
      if (state.said) continue
      state.said = true
      const { domain } = state.channel
      this.#context.log(`${domain.label} cannot be read: ${adviceOf(state.failure)}`, {
        severity: 'warning',
        code: 'gpu-unreadable',
        domain: domain.id,
      })
    }
  }

  /** Gives NVML back. */
  close(): void {
    this.#parts.close()
    this.#parts.nvml?.shutdown()
  }
}

/** Its handle is void, or may be. */
function isLost({ failure }: State): boolean {
  return mayHaveRestarted(failure)
}

function disagreementText({ counterWatts, powerWatts, relative }: Disagreement): string {
  const [counter, power, off] = [counterWatts.toFixed(1), powerWatts.toFixed(1), (relative * 100).toFixed(0)]
  return `its energy counter says ${counter} W where its power sensor says ${power} W: the counter counts, and its uncertainty is ${off} %`
}
