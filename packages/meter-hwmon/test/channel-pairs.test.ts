import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pairChannels } from '../src/channel-pairs.ts'

const unlabelled = (...numbers: number[]) => new Map(numbers.map((number) => [number, undefined]))
const pairsOf = (...args: Parameters<typeof pairChannels>) =>
  pairChannels(...args).map(({ voltage, current }) => [voltage, current])

describe('a voltage and its current', () => {
  it.each([
    ['ina226', [0, 1], [1], [[1, 1]]],
    ['ina233', [1, 2], [1], [[1, 1]]],
    ['ltc2945', [1, 2], [1, 2], [[1, 1]]],
    [
      'ina3221',
      [1, 2, 3, 4, 5, 6, 7],
      [1, 2, 3, 4],
      [
        [1, 1],
        [2, 2],
        [3, 3],
      ],
    ],
    ['ltc2947', [0, 1], [1], [[0, 1]]],
    [
      'ltc2992',
      [0, 1, 2, 3, 4, 5],
      [1, 2],
      [
        [0, 1],
        [2, 2],
      ],
    ],
    ['ltc4282', [1, 2, 3, 4], [1], [[1, 1]]],
    ['max20730', [1, 2], [1], [[2, 1]]],
    ['mp2975', [1, 2], [1, 2, 3, 8], [[1, 1]]],
    ['max34440', [6, 7], [6, 7, 8], [[6, 6]]],
    [
      'pmbus',
      [1, 2, 3],
      [1, 2],
      [
        [1, 1],
        [2, 2],
      ],
    ],
  ])('of a %s', (chip, voltages, currents, pairs) => {
    expect(pairsOf(chip, unlabelled(...voltages), unlabelled(...currents))).toEqual(pairs)
  })

  it('is found by its label first', () => {
    const voltages = new Map([
      [1, 'input'],
      [2, 'output'],
      [3, undefined],
    ])
    const currents = new Map([
      [1, 'output'],
      [2, 'input'],
      [3, undefined],
    ])
    expect(pairsOf('pmbus', voltages, currents)).toEqual([
      [1, 2],
      [2, 1],
      [3, 3],
    ])
  })

  it('is in one pair at most, whatever a driver shows', () => {
    const channels = fc
      .uniqueArray(
        fc.tuple(fc.integer({ min: 0, max: 9 }), fc.option(fc.constantFrom('a', 'b'), { nil: undefined })),
        {
          selector: ([number]) => number,
        },
      )
      .map((entries) => new Map(entries))
    const chips = fc.constantFrom('ina3221', 'ltc2992', 'max20730', 'pmbus')
    fc.assert(
      fc.property(chips, channels, channels, (chip, voltages, currents) => {
        const pairs = pairChannels(chip, voltages, currents)
        for (const { voltage, current } of pairs) {
          expect(voltages.has(voltage) && currents.has(current)).toBe(true)
        }
        expect(new Set(pairs.map(({ voltage }) => voltage)).size).toBe(pairs.length)
        expect(new Set(pairs.map(({ current }) => current)).size).toBe(pairs.length)
      }),
    )
  })
})
