import type { Domain } from '@ergometer/meter'
import { EnergyCurve, type Segment } from './energy-curve.ts'
import { EnergyLedger } from './energy-ledger.ts'
import type { CheckpointDomain } from './journal-line.ts'

/** A domain that is read more seldom than this, in seconds, is not waited for: its energy comes late. */
const WAITED_FOR = 1
/** Share of a second that must be known for its mean to be told as watts. */
const WHOLE = 0.999

/** One domain while it is being recorded. */
export class RecordedDomain {
  /** `<meter>:<domain id>`. */
  readonly id: string
  readonly meter: string
  readonly interval: number
  /** Seconds by which its readings come late, since several are told at once. */
  readonly delay: number
  readonly domain: Domain
  readonly curve: EnergyCurve
  readonly ledger: EnergyLedger
  /** Mean of the last second that is known in full. */
  watts: number | undefined
  peakWatts: number | undefined
  /** Its relative standard uncertainty; absent: unknown. */
  relative: number | undefined
  /** Coverage that rows have told. */
  toldCoverage = 1
  #second = { joules: 0, seconds: 0 }
  #latest = Number.NEGATIVE_INFINITY

  /** `settled`: seconds of the run that are in the journal. */
  constructor(meter: string, domain: Domain, interval: number, delay: number, settled: number) {
    this.id = `${meter}:${domain.id}`
    this.meter = meter
    this.interval = interval
    this.delay = delay
    this.domain = domain
    this.curve = new EnergyCurve(domain, interval)
    this.ledger = new EnergyLedger(0, this.waitedFor ? settled : 0)
    this.relative = domain.standardUncertainty?.relative
  }

  /** True if rows wait for its readings. */
  get waitedFor(): boolean {
    return this.interval <= WAITED_FOR && !this.isLate
  }

  /** True if its meter reports late: a run may end before its last readings are there. */
  get isLate(): boolean {
    return this.domain.lateBy !== undefined
  }

  /** Up to when it has told of the run, in seconds. */
  get reached(): number {
    return Math.max(0, this.curve.knownUntil ?? 0)
  }

  /** Seconds after a time by which it is known, if it is read as it should be. */
  get patience(): number {
    const { reads, updatePeriod = 0 } = this.domain
    const averaged = reads.quantity === 'power' ? (reads.averagedOver ?? 0) / 2 : 0
    return this.interval + this.delay + updatePeriod + averaged
  }

  /** Follows the power of a domain whose energy comes late. */
  watchLate({ from, to, joules }: Segment): void {
    // What comes late comes in any order: power is that of the last stretch.
    const watts = joules / (to - from)
    if (to >= this.#latest) this.watts = watts
    this.#latest = Math.max(this.#latest, to)
    if (from >= 0) this.peakWatts = Math.max(this.peakWatts ?? 0, watts)
  }

  /** Follows the mean of each whole second. */
  watch(from: number, to: number, known: { joules: number; seconds: number }): void {
    const second = this.#second
    second.joules += known.joules
    second.seconds += known.seconds
    if (!Number.isInteger(to)) return
    if (second.seconds > WHOLE) {
      this.watts = second.joules / second.seconds
      this.peakWatts = Math.max(this.peakWatts ?? 0, this.watts)
    } else if (from >= 0) {
      this.watts = undefined
    }
    second.joules = 0
    second.seconds = 0
  }

  /** Its cumulative figures, for a checkpoint at a time. */
  checkpoint(time: number): CheckpointDomain {
    const { ledger, curve, peakWatts } = this
    return {
      mJ: Math.round(ledger.joules * 1000),
      wraps: curve.wraps,
      resets: curve.resets,
      gaps: curve.gaps,
      ...(peakWatts === undefined ? {} : { peakWatts: milli(peakWatts) }),
      ...(this.domain.reads.quantity === 'power'
        ? { sampling: milli(Math.sqrt(curve.sampledVariance(time))) }
        : {}),
    }
  }
}

function milli(value: number): number {
  return Math.round(value * 1e3) / 1e3
}
