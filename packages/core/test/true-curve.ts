import type { Domain } from '@ergometer/meter'
import fc from 'fast-check'

/** A source whose power is known at every instant: steps of watts, the truth that readings are held against. */
export class TrueCurve {
  readonly #pieces: readonly { readonly until: number; readonly watts: number }[]

  constructor(pieces: readonly { readonly seconds: number; readonly watts: number }[]) {
    let until = 0
    this.#pieces = pieces.map(({ seconds, watts }) => {
      until += seconds
      return { until, watts }
    })
  }

  /** Joules since second 0; the last piece goes on for ever. */
  joules(time: number): number {
    let sum = 0
    let from = 0
    this.#pieces.forEach(({ until, watts }, index) => {
      const to = index === this.#pieces.length - 1 ? time : Math.min(time, until)
      if (to > from) {
        sum += watts * (to - from)
        from = to
      }
    })
    return sum
  }

  /** Joules between two times. */
  between(from: number, to: number): number {
    return this.joules(to) - this.joules(from)
  }

  /** Watts at an instant. */
  watts(time: number): number {
    const piece = this.#pieces.find(({ until }) => time < until) ?? this.#pieces.at(-1)
    return piece?.watts ?? 0
  }
}

/** The most that a true curve of these tests ever draws, in watts. */
export const MOST_WATTS = 500

/** Curves of a few steps, standstill among them. */
export const trueCurves = fc
  .array(
    fc.record({
      seconds: fc.double({ min: 0.05, max: 8, noNaN: true }),
      watts: fc.oneof(fc.constant(0), fc.double({ min: 0, max: MOST_WATTS, noNaN: true })),
    }),
    { minLength: 1, maxLength: 8 },
  )
  .map((pieces) => new TrueCurve(pieces))

/** Times at which a sensor is read: jittered steps of `interval`, some of them missed. */
export function schedules(interval: number, reads = 40): fc.Arbitrary<number[]> {
  const step = fc.record({
    jitter: fc.double({ min: 0.3, max: 1.7, noNaN: true }),
    missed: fc.nat({ max: 4 }).map((number) => number === 0),
  })
  return fc.array(step, { minLength: 2, maxLength: reads }).map((steps) => {
    let time = 0
    const times: number[] = []
    for (const { jitter, missed } of steps) {
      time += jitter * interval
      if (!missed) times.push(time)
    }
    return times
  })
}

/** A domain of these tests; a GPU's power sensor unless it is said otherwise. */
export function domainOf(parts: Partial<Domain> = {}): Domain {
  return {
    id: 'one',
    kind: 'gpu',
    label: 'One',
    method: 'measured',
    reads: { quantity: 'power' },
    ...parts,
  }
}

/** What a counter of this modulus shows of a source, having stood at `offset` counts at second 0. */
export function countOf(joules: number, joulesPerCount: number, wrapsAt?: number, offset = 0): number {
  const count = Math.floor(offset + joules / joulesPerCount)
  return wrapsAt === undefined ? count : count % wrapsAt
}
