import { type Domain, MeterError, type MeterHandle, type Reading } from '@ergometer/meter'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { MeterGroup } from '../src/meter-group.ts'
import { WallTime } from '../src/wall-time.ts'
import { CLOUD, knownOf, LateRun } from './late-world.ts'
import { START } from './simulated-run.ts'

const BEGIN = Date.parse(START.wall)

/** A group of one meter that is read once, at a second of a run that began at monotonic second 1000. */
async function groupOf(readings: readonly Reading[], domain: Domain = CLOUD, now = 400) {
  const run = new LateRun(domain)
  const wall = new WallTime()
  wall.add({ t: 0, milliseconds: BEGIN })
  let reads = 0
  const handle: MeterHandle = {
    name: 'cloud',
    interval: 60,
    domains: [domain],
    alive: true,
    read: async () => {
      reads++
      return { readings, gauges: [] }
    },
    close: async () => {},
  }
  const group = new MeterGroup([{ name: 'cloud', wanted: true, open: async () => handle }], {
    clock: () => 1000 + now,
    wall,
    soon: (action) => action(run.recording, 1000),
    taken: () => {},
  })
  group.start()
  await group.firstReadings()
  return { run, group, reads: () => reads }
}

function bucket(from: number, to: number, joules: number): Reading {
  const wall = { from: BEGIN + from * 1000, time: BEGIN + to * 1000 }
  // Monotonic times that two clocks have blurred.
  return { domain: 0, value: joules, time: 1000 + to + 0.0007, from: 1000 + from - 0.0004, wall }
}

afterEach(() => {
  vi.useRealTimers()
})

describe('a meter that reports late', () => {
  test('tells of intervals in any order, and the one that was recorded last counts, to the microsecond', async () => {
    const { run, group } = await groupOf([
      bucket(240, 300, 600),
      bucket(0, 120, 1200),
      bucket(0, 60, 100),
      bucket(120, 240, 2400),
    ])
    await group.close()
    const known = knownOf(run.close(300))
    expect([known.joules(0, 60), known.joules(60, 120), known.joules(120, 300)]).toEqual([
      expect.closeTo(100, 3),
      expect.closeTo(600, 3),
      expect.closeTo(3000, 3),
    ])
    expect(known.seconds(0, 300)).toBe(300)
    expect(run.recording.domains[0]?.curve.gaps).toBe(0)
    expect(run.recording.health.entries).toEqual([])
  })

  test('is not asked for an interval that is not over, which is no fault', async () => {
    const { run, group } = await groupOf([bucket(360, 420, 10), bucket(9000, 9060, 10)])
    await group.close()
    expect(run.recording.domains[0]?.ledger.seconds).toBe(0)
    expect(run.recording.health.entries).toMatchObject([{ code: 'implausible-reading' }])
    expect(run.recording.health.entries[0]).not.toHaveProperty('count')
  })

  test.each([
    ['owes what it tells by the minute', CLOUD, 1],
    ['is read once more where it tells by the second', { ...CLOUD, updatePeriod: 1 }, 2],
  ])('at the end %s', async (_, domain, expected) => {
    const { run, group, reads } = await groupOf([bucket(0, 60, 1)], domain)
    group.stop(run.recording)
    await group.readLast(run.recording, 400)
    await group.close()
    expect(reads()).toBe(expected)
  })
})

describe('a meter that is opening when the run ends', () => {
  const groupOpening = (wanted: boolean, open: () => Promise<MeterHandle>) =>
    new MeterGroup([{ name: 'slow', wanted, open }], {
      clock: () => 0,
      wall: new WallTime(),
      soon: () => {},
      taken: () => {},
    })
  const never = () => new Promise<MeterHandle>(() => {})

  test('is waited for if it was named, for so long and no longer', async () => {
    vi.useFakeTimers()
    const waited = async (group: MeterGroup) => {
      group.start()
      let over = false
      const opened = group.opened(0.5).then(() => {
        over = true
      })
      await vi.advanceTimersByTimeAsync(400)
      const early = over
      await vi.advanceTimersByTimeAsync(100)
      await opened
      return early ? 'at once' : 'all the time'
    }
    expect(await waited(groupOpening(true, never))).toBe('all the time')
    expect(await waited(groupOpening(false, never))).toBe('at once')
    const failing = async () => {
      throw new MeterError('no', { outcome: 'fatal' })
    }
    expect(await waited(groupOpening(true, failing))).toBe('at once')
  })
})
