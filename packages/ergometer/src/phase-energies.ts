import { type Interval, intervalEnergy, type Journal, type PhaseEnergy } from '@ergometer/core'
import { monotonicSeconds } from '@ergometer/meter'
import { recordedFactors } from './factors.ts'

/** Is told an energy, once; undefined: it is unknown. */
type Told = (energy: PhaseEnergy | undefined) => void

/** Seconds between two looks at the journal, which is written once a second. */
const LOOK_EVERY = 1
/** A look goes through all rows of a run, of a week's for a second: looks take no more than this share of the time. */
const MOST_OF_TIME = 0.01
/** Seconds after which a journal that does not get as far as a phase is taken as it is. */
const PATIENCE = 10
/** So many phases wait at once; the energy of further ones is not told. */
const MOST_WAITING = 10_000

/** Tells what ended phases took, as soon as the journal knows. Nothing here throws, and nothing keeps the process alive. */
export class PhaseEnergies {
  readonly #journal: () => Journal
  #waiting: (Interval & { told: Told })[] = []
  #timer: NodeJS.Timeout | undefined
  #pause = LOOK_EVERY

  /** `journal`: reads it as it is now. */
  constructor(journal: () => Journal) {
    this.#journal = journal
  }

  /** Has the energy between two monotonic seconds told. */
  await(interval: Interval, told: Told): void {
    if (this.#waiting.length >= MOST_WAITING) {
      told(undefined)
      return
    }
    this.#waiting.push({ ...interval, told })
    this.#timer ??= this.#later()
  }

  /** Tells all that is still waited for, as far as it is known now. */
  settle(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#waiting.length > 0) this.#look(Number.POSITIVE_INFINITY)
  }

  #later(): NodeJS.Timeout {
    const timer = setTimeout(() => {
      this.#timer = undefined
      this.#look(monotonicSeconds() - PATIENCE)
      if (this.#waiting.length > 0) this.#timer = this.#later()
    }, this.#pause * 1000)
    return timer.unref()
  }

  /** Tells what the journal has got to, and of whatever ended before `patience` as much as it knows. */
  #look(patience: number): void {
    const begin = monotonicSeconds()
    const waiting = this.#waiting
    this.#waiting = []
    try {
      const journal = this.#journal()
      const origin = journal.start?.monotonic ?? Number.NaN
      const energy = intervalEnergy(journal, recordedFactors(journal))
      for (const one of waiting) {
        const known = energy.until >= one.to - origin || journal.end !== undefined
        if (known || one.to < patience) one.told(energy.of({ from: one.from - origin, to: one.to - origin }))
        else this.#waiting.push(one)
      }
    } catch {
      // No journal, or not yet.
      for (const one of waiting) {
        if (one.to < patience) one.told(undefined)
        else this.#waiting.push(one)
      }
    }
    this.#pause = Math.max(LOOK_EVERY, (monotonicSeconds() - begin) / MOST_OF_TIME)
  }
}
