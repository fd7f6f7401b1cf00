import { describe, expect, test } from 'vitest'
import { analyse } from '../src/analyse.ts'
import { readJournal } from '../src/journal.ts'
import { Recording } from '../src/recording.ts'
import { FACTORS, START } from './simulated-run.ts'
import { domainOf } from './true-curve.ts'

/** A recording whose journal can be analysed at the end. */
function recordingOf(interval: number, parts: Parameters<typeof domainOf>[0]) {
  const lines = [JSON.stringify(START)]
  const recording = new Recording((line) => lines.push(JSON.stringify(line)))
  recording.addDomain('sim', domainOf(parts), interval)
  const close = (end: number, from = 0, to = end) => {
    recording.close(end, { status: 'completed' })
    return analyse(readJournal(lines), FACTORS, { interval: { from, to } }).energy
  }
  return { recording, close, lines }
}

const intervals = { reads: { quantity: 'interval-energy' } } as const

describe('energy that becomes known later', () => {
  test('takes the place of what was said before, in whole lines and parts of them', () => {
    const { recording, close } = recordingOf(1, intervals)
    recording.addReading(0, 2, 20, 2, 0)
    recording.settle(2)
    // The second second is known by half, and then the rest of it.
    recording.addReading(0, 3, 5, 2.5, 2)
    recording.settle(6)
    recording.addReading(0, 6.2, 7, 3, 2.5)
    // All of it is revised, what was missing is added.
    recording.addReading(0, 6.3, 100, 5, 1)
    recording.settle(7)
    const energy = close(7)
    expect(energy.joules).toBeCloseTo(110, 3)
    expect(energy.coverage).toBeCloseTo(5 / 7, 6)
    expect(recording.domains[0]?.ledger.seconds).toBeCloseTo(5, 6)
  })

  test('is not counted twice where a line that was known in part is told anew', () => {
    const { recording, close } = recordingOf(1, intervals)
    recording.addReading(0, 0.5, 8, 0.5, 0)
    recording.settle(5)
    recording.addReading(0, 5, 10, 1, 0)
    expect(recording.domains[0]?.ledger.joules).toBe(10)
    expect(close(5)).toMatchObject({ joules: 10, coverage: expect.closeTo(0.2, 6) })
  })

  test('counts the last of several revisions, ahead of the last line too', () => {
    const { recording, close } = recordingOf(1, intervals)
    recording.addReading(0, 5, 50, 2, 0)
    recording.addReading(0, 5, 30, 5, 4)
    recording.addReading(0, 5, 20, 4, 2)
    recording.addReading(0, 5, 10, 4.5, 4)
    recording.addReading(0, 5, 10, 2, 0)
    expect(recording.domains[0]?.ledger.joules).toBe(100)
    recording.settle(5)
    expect(close(5).joules).toBeCloseTo(10 + 20 + 10 + 15, 3)
  })

  test('of a domain that nobody waits for is told at once, in one line a reading', () => {
    const { recording, close, lines } = recordingOf(60, { ...intervals, lateBy: 120 })
    recording.settle(200)
    for (const end of [60, 120, 180, 240]) recording.addReading(0, 250, 600, end, end - 60)
    recording.settle(250)
    recording.addReading(0, 251, 300, 120, 60)
    const told = lines.filter((line) => line.includes('"late"'))
    expect(told).toHaveLength(5)
    expect(close(250, 30, 150).joules).toBeCloseTo(300 + 300 + 300, 6)
  })

  test('may be older than its meter is open, as old as the run', () => {
    const lines = [JSON.stringify(START)]
    const recording = new Recording((line) => lines.push(JSON.stringify(line)))
    recording.settle(7)
    recording.addDomain('cloud', domainOf({ ...intervals, lateBy: 60 }), 60)
    recording.addReading(0, 8, 1000, 5, -5)
    recording.addDomain('quick', domainOf({ id: 'two', ...intervals }), 1)
    recording.addReading(1, 8, 100, 8, -2)
    recording.settle(10)
    recording.close(10, { status: 'completed' })
    const { domains } = analyse(readJournal(lines), FACTORS).energy
    expect(domains.map(({ joules, coverage }) => [joules, coverage])).toEqual([
      [expect.closeTo(500, 3), expect.closeTo(0.5, 6)],
      [expect.closeTo(80, 3), expect.closeTo(0.8, 6)],
    ])
  })

  test('never makes a meter that stops lose what was left over from rounding', () => {
    const { recording, close } = recordingOf(1, {})
    for (const time of [0, 1, 2, 3]) recording.addReading(0, time, 33.389, time)
    recording.settle(20)
    expect(close(20).joules).toBeCloseTo(3 * 33.389, 3)
  })
})
