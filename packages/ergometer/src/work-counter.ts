/** Work of several units: name to amount. */
type Work = Record<string, number>

/** Nanoseconds between two flushes while calls come in. */
const FLUSH_EVERY = 1_000_000_000
/** The clock is looked at once in at most so many calls. */
const MOST_CALLS = 64
/** Calls are fast while this many of them, or fewer, take less than this. */
const FAST = 10_000_000

/**
 * Adds up work on the hot path: most calls add to a number and return. The clock is looked at ever more seldom
 * while calls come fast, and what was added up is flushed at most once a second.
 */
export class WorkCounter {
  readonly #flush: (work: Work) => void
  readonly #clock: () => number
  #work: Work = {}
  #any = false
  #calls = 1
  #left = 1
  #looked: number
  #flushed: number

  /** `clock`: nanoseconds, monotonic. */
  constructor(flush: (work: Work) => void, clock: () => number = () => performance.now() * 1e6) {
    this.#flush = flush
    this.#clock = clock
    this.#looked = this.#flushed = clock()
  }

  /** Adds increments: finite and not negative; others are left out. */
  add(increments: Readonly<Work>): void {
    for (const name in increments) {
      const amount = increments[name] as number
      if (Number.isFinite(amount) && amount >= 0) this.#work[name] = (this.#work[name] ?? 0) + amount
    }
    this.#any = true
    if (--this.#left > 0) return
    this.#look()
  }

  #look(): void {
    const now = this.#clock()
    const fast = now - this.#looked < FAST
    this.#calls = fast ? Math.min(MOST_CALLS, this.#calls * 2) : 1
    this.#left = this.#calls
    this.#looked = now
    if (now - this.#flushed >= FLUSH_EVERY) this.flush(now)
  }

  /** Hands on what was added up since the last time. */
  flush(now = this.#clock()): void {
    this.#flushed = now
    if (!this.#any) return
    const work = this.#work
    this.#work = {}
    this.#any = false
    if (Object.keys(work).length > 0) this.#flush(work)
  }
}
