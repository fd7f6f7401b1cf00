import { describe, expect, it } from 'vitest'
import { CLASSES, type Digits, loadDigits, PIXELS, shuffled, split } from '../digits.ts'

const digits = loadDigits()

/** How many digits of each class there are. */
function census({ labels }: Digits): number[] {
  const counts = new Array<number>(CLASSES).fill(0)
  for (const label of labels) counts[label]! += 1
  return counts
}

describe('loadDigits', () => {
  it('finds 10,000 digits of 784 pixels between 0 and 1', () => {
    expect(digits.labels).toHaveLength(10_000)
    expect(digits.pixels).toHaveLength(10_000 * PIXELS)
    expect(digits.pixels.every((pixel) => pixel >= 0 && pixel <= 1)).toBe(true)
  })

  it('finds 863 to 1127 of each class', () => {
    const counts = census(digits)
    expect(Math.min(...counts)).toBe(863)
    expect(Math.max(...counts)).toBe(1127)
  })
})

describe('shuffled', () => {
  it('is decided by the seed alone', () => {
    expect(shuffled(digits, 42).labels).toEqual(shuffled(digits, 42).labels)
    expect(shuffled(digits, 42).labels).not.toEqual(shuffled(digits, 43).labels)
    expect([...shuffled(digits, 42).labels.subarray(0, 12)]).toEqual([8, 4, 8, 6, 7, 0, 5, 5, 4, 7, 1, 9])
  })

  it('keeps every digit, and its label with its pixels', () => {
    const row = ({ pixels, labels }: Digits, at: number) =>
      `${labels[at]} ${pixels.subarray(at * PIXELS, (at + 1) * PIXELS).join()}`
    const rows = (some: Digits) => Array.from(some.labels.keys(), (at) => row(some, at)).sort()
    const few = { pixels: digits.pixels.slice(0, 50 * PIXELS), labels: Uint8Array.from(Array(50).keys()) }
    expect(rows(shuffled(few, 42))).toEqual(rows(few))
    expect(census(shuffled(digits, 42))).toEqual(census(digits))
  })
})

describe('split', () => {
  it('parts the digits in two, each with every class', () => {
    const { train, test } = split(shuffled(digits, 42), 8000)
    expect([train.labels.length, test.labels.length]).toEqual([8000, 2000])
    expect([train.pixels.length, test.pixels.length]).toEqual([8000 * PIXELS, 2000 * PIXELS])
    expect(Math.min(...census(test))).toBeGreaterThan(150)
  })
})
