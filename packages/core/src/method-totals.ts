import type { Method } from '@ergometer/meter'

type Joules = Readonly<Partial<Record<Method, number>>>

/**
 * A total that never falls, by how it is known: each step of the total goes to the methods whose sums rose with it. When another
 * boundary begins to count, its step goes to the methods of that boundary; so the parts never fall, and add up to the total.
 */
export class MethodTotals {
  #total = 0
  #sums: Joules = {}
  readonly #parts: Partial<Record<Method, number>> = {}

  /** Takes a total, and the sums by method that it was made of; the parts. */
  upTo(total: number, sums: Joules): Joules {
    const step = Math.max(0, total - this.#total)
    const known = Object.entries(sums) as [Method, number][]
    const rises = known.map(([method, joules]) => Math.max(0, joules - (this.#sums[method] ?? 0)))
    const risen = rises.reduce((sum, rise) => sum + rise, 0)
    const whole = known.reduce((sum, [, joules]) => sum + joules, 0)
    known.forEach(([method, joules], index) => {
      const share = risen > 0 ? (rises[index] as number) / risen : whole > 0 ? joules / whole : 0
      this.#parts[method] = (this.#parts[method] ?? 0) + step * share
    })
    this.#total += step
    this.#sums = sums
    return { ...this.#parts }
  }
}
