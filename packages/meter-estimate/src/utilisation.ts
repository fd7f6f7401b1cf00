/** CPU time, in CPU-seconds since some beginning. */
export interface CpuTimes {
  readonly busySeconds: number
  /** All CPU time that passed: elapsed time times the number of CPUs. */
  readonly totalSeconds: number
}

/**
 * CPU-seconds over which a utilisation is worth its name: ten ticks of 10 ms. With fewer the quotient is coarse, and a
 * concave power curve turns coarse into too low.
 */
const MINIMUM_CPU_SECONDS = 0.1

/** Turns cumulative CPU times into mean utilisations between calls, without waiting for one. */
export class Utilisation {
  #from: CpuTimes
  #last: number | undefined

  /** @param from the CPU times at which the first interval begins */
  constructor(from: CpuTimes) {
    this.#from = from
  }

  /**
   * Mean utilisation, 0 to 1, since the last call that saw enough CPU time pass. With too little, the utilisation known
   * last stands; before there is one, whatever passed counts. Undefined when not one tick has passed since the beginning.
   */
  next(now: CpuTimes): number | undefined {
    const busy = now.busySeconds - this.#from.busySeconds
    const total = now.totalSeconds - this.#from.totalSeconds
    // Backwards: CPUs went offline or, for single ticks of idle time, the kernel corrected itself (proc_stat(5)).
    if (total < 0) this.#from = now
    if (total <= 0) return this.#last
    const utilisation = Math.min(1, Math.max(0, busy / total))
    if (total < MINIMUM_CPU_SECONDS) return this.#last ?? utilisation
    this.#from = now
    this.#last = utilisation
    return utilisation
  }
}
