import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { WallTime } from '../src/wall-time.ts'
import { START } from './simulated-run.ts'

const BEGIN = Date.parse(START.wall)

function wallOf(...anchors: [t: number, milliseconds: number][]): WallTime {
  const wall = new WallTime()
  for (const [t, milliseconds] of [[0, 0], ...anchors] as [number, number][]) {
    wall.add({ t, milliseconds: BEGIN + milliseconds })
  }
  return wall
}

describe('the second of a run at a wall time', () => {
  test('is straight without a step, before its begin and after its end too', () => {
    const wall = wallOf([60, 60_001], [120, 119_999])
    expect(wall.stretches(BEGIN - 30_000, BEGIN + 500_000)).toEqual([{ from: -30, to: 500, share: 1 }])
    expect(wall.seconds(BEGIN + 90_000)).toBe(90)
  })

  test('leaves out the time for which the machine was suspended', () => {
    // It slept for 100 s after 50 s.
    const wall = wallOf([50, 150_000])
    expect(wall.stretches(BEGIN, BEGIN + 200_000)).toEqual([
      { from: 0, to: 50, share: 0.25 },
      { from: 50, to: 100, share: 0.25 },
    ])
    expect(wall.stretches(BEGIN + 60_000, BEGIN + 140_000)).toEqual([])
    expect(wall.seconds(BEGIN + 100_000)).toBe(50)
    expect(wall.window(100)).toEqual({ from: new Date(BEGIN), to: new Date(BEGIN + 200_000) })
  })

  test('is the second coming of a wall time that came twice', () => {
    const wall = wallOf([50, 20_000])
    expect(wall.stretches(BEGIN, BEGIN + 40_000)).toEqual([
      { from: 0, to: 20, share: 0.5 },
      { from: 50, to: 70, share: 0.5 },
    ])
    expect(wall.window(60)).toEqual({ from: new Date(BEGIN), to: new Date(BEGIN + 50_000) })
  })

  test('takes no energy twice, whatever the clock does, and lies within the run of what it was', () => {
    const steps = fc.array(
      fc.record({ after: fc.integer({ min: 1, max: 50 }), step: fc.integer({ min: -60_000, max: 60_000 }) }),
      { maxLength: 5 },
    )
    fc.assert(
      fc.property(
        steps,
        fc.integer({ min: -50_000, max: 300_000 }),
        fc.nat(200_000),
        (steps, from, length) => {
          let t = 0
          let milliseconds = 0
          const anchors = steps.map(({ after, step }): [number, number] => {
            t += after
            milliseconds += after * 1000 + step
            return [t, milliseconds]
          })
          const wall = wallOf(...anchors)
          const parts = wall.stretches(BEGIN + from, BEGIN + from + length + 1)
          const share = parts.reduce((sum, part) => sum + part.share, 0)
          expect(share).toBeLessThanOrEqual(1 + 1e-9)
          parts.forEach((part, index) => {
            expect(part.to).toBeGreaterThan(part.from)
            expect(part.from).toBeGreaterThanOrEqual(
              (parts[index - 1]?.to ?? Number.NEGATIVE_INFINITY) - 1e-9,
            )
            expect((part.to - part.from) * 1000).toBeCloseTo(part.share * (length + 1), 3)
            const middle = (part.from + part.to) / 2
            expect(wall.seconds(wall.milliseconds(middle))).toBeCloseTo(middle, 6)
          })
        },
      ),
    )
  })

  test('of a reading is that of its wall times, which no two clocks blur', () => {
    const wall = wallOf([50, 150_000])
    const reading = { domain: 0, value: 400, time: 9.87, from: 1.23 }
    expect(wall.place(reading, 1)).toEqual([{ value: 400, time: 8.87, from: expect.closeTo(0.23, 9) }])
    const spread = wall.place({ ...reading, wall: { from: BEGIN, time: BEGIN + 200_000 } }, 1)
    expect(spread).toEqual([
      { value: 100, time: 50, from: 0 },
      { value: 100, time: 100, from: 50 },
    ])
    expect(wall.place({ domain: 0, value: 7, time: 1, wall: { time: BEGIN + 3000 } }, 1)).toEqual([
      { value: 7, time: 3 },
    ])
  })
})
