import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { attributeCpu } from '../src/attribution.ts'
import { Baseline } from '../src/baseline.ts'
import { CpuAccount, type CpuView } from '../src/cpu-account.ts'
import { cpuTimeBetween } from '../src/cpu-times.ts'
import type { ProcessEntry } from '../src/process-tree.ts'

const amount = fc.double({ min: 0, max: 1e9, noNaN: true })
const method = 'process-tree' as const

describe('a share of the packages', () => {
  it('is E * c / C; all nets and idle add up to E', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1e-3, max: 1e9, noNaN: true }),
        amount,
        fc.array(fc.double({ min: 0.01, max: 1e5, noNaN: true }), { minLength: 1, maxLength: 20 }),
        (joules, idle, processes) => {
          const busy = processes.reduce((sum, own) => sum + own, 0)
          const shares = processes.map((own) =>
            attributeCpu({ joules, idle: { joules: idle } }, { own, busy, method }),
          )
          const sum = (of: 'shareJoules' | 'netJoules') =>
            shares.reduce((total, share) => total + (share?.[of] ?? Number.NaN), 0)
          const [first] = shares
          expect(first?.shareJoules).toBeCloseTo((joules * (processes[0] as number)) / busy, 6)
          expect(Math.abs(sum('shareJoules') - joules)).toBeLessThanOrEqual(1e-9 * joules)
          const whole = sum('netJoules') + (first?.idleJoules ?? Number.NaN)
          expect(Math.abs(whole - joules)).toBeLessThanOrEqual(1e-9 * joules)
          for (const share of shares) expect(share?.netJoules).toBeGreaterThanOrEqual(0)
        },
      ),
    )
  })

  it('is all of it where ticks make the part larger than the whole', () => {
    expect(attributeCpu({ joules: 50 }, { own: 1.02, busy: 1, method })?.shareJoules).toBe(50)
  })

  it('is unknown, not zero, where no CPU was at work', () => {
    expect(attributeCpu({ joules: 50 }, { own: 0, busy: 0, method })).toBeUndefined()
  })

  it('carries the uncertainty of idle power; what the packages do not state stays unknown', () => {
    const time = { own: 1, busy: 2, method }
    const idle = { joules: 40, standardUncertaintyJoules: 3 }
    expect(attributeCpu({ joules: 100, standardUncertaintyJoules: 4, idle }, time)).toEqual({
      method: 'cpu-time/process-tree',
      shareJoules: 50,
      shareStandardUncertaintyJoules: 2,
      cpuSeconds: 1,
      busySeconds: 2,
      idleJoules: 40,
      idleShare: 0.4,
      idleStandardUncertaintyJoules: 3,
      netJoules: 30,
      netShare: 0.3,
      netStandardUncertaintyJoules: 2.5,
    })
    const unstated = attributeCpu({ joules: 100, idle }, time)
    expect(unstated).toMatchObject({ netJoules: 30, netKnownUncertaintyJoules: 1.5 })
    expect(unstated).not.toHaveProperty('netStandardUncertaintyJoules')
    expect(unstated).not.toHaveProperty('shareStandardUncertaintyJoules')
  })
})

describe('a baseline', () => {
  const counter = {
    id: 'package-0',
    kind: 'cpu' as const,
    label: 'CPU',
    method: 'measured' as const,
    reads: { quantity: 'energy' as const, joulesPerCount: 1e-6, wrapsAt: 65_532_610_987 },
    maxWatts: 1000,
  }

  it('is the mean of the time asked for, across a wrap, with the error of that mean', () => {
    const baseline = new Baseline(counter, 0.1)
    const watts = (second: number) => (Math.floor(second) % 2 === 0 ? 20 : 30)
    let joules = 65_532
    for (let tick = 0; tick <= 100; tick++) {
      baseline.add(tick / 10, Math.round(joules * 1e6) % counter.reads.wrapsAt)
      joules += watts(tick / 10) * 0.1
    }
    const idle = baseline.between(0, 10)
    expect(idle?.watts).toBeCloseTo(25, 3)
    // Ten means of 20 and 30 W: their spread over the root of ten.
    expect(idle?.standardUncertaintyWatts).toBeCloseTo(Math.sqrt(250 / 9 / 10), 3)
  })

  it('of which too little is known is none', () => {
    const baseline = new Baseline(counter, 0.1)
    baseline.add(0, 0)
    baseline.add(5, 100e6)
    expect(baseline.between(0, 10)).toBeUndefined()
    expect(new Baseline(counter, 0.1).between(0, 10)).toBeUndefined()
  })
})

describe('an account of CPU time', () => {
  const ROOT = 10
  const RECORDER = 11

  function world(state: {
    own: number
    recorder: number
    busy: number
    group?: number | undefined
  }): CpuView {
    return {
      processes: (): ProcessEntry[] => [
        { pid: ROOT, parent: 1, start: '1', own: state.own, reaped: 0 },
        { pid: RECORDER, parent: ROOT, start: '2', own: state.recorder, reaped: 0 },
      ],
      process: () => undefined,
      busySeconds: () => state.busy,
      ownCgroup: (pid, processes) => {
        expect([...processes].sort()).toEqual([ROOT, RECORDER])
        return state.group === undefined ? undefined : `/group/of/${pid}`
      },
      cgroupSeconds: () => state.group,
    }
  }

  it('counts from its first look, without the recorder', () => {
    const state = { own: 5, recorder: 1, busy: 1000, group: 30 as number | undefined }
    const account = new CpuAccount({ pid: ROOT, itself: true }, RECORDER, world(state))
    expect(account.look()).toEqual({ own: 0, busy: 0, method: 'cgroup' })
    Object.assign(state, { own: 7, recorder: 2, busy: 1010, group: 34 })
    expect(account.look()).toEqual({ own: 3, busy: 10, method: 'cgroup' })
    // Somebody else has come into the group: from here on only the tree tells.
    Object.assign(state, { own: 8, busy: 1012, group: undefined })
    expect(account.look()).toEqual({ own: 4, busy: 12, method: 'process-tree' })
  })

  it('is none where the system does not tell', () => {
    const view = { ...world({ own: 1, recorder: 1, busy: 1 }), busySeconds: () => undefined }
    expect(new CpuAccount({ pid: ROOT, itself: true }, RECORDER, view).look()).toBeUndefined()
  })

  it('is read between two instants of a journal', () => {
    const line = (t: number, own: number, busy: number) => ({
      kind: 'cpu-time' as const,
      t,
      own,
      busy,
      method,
    })
    const lines = [line(0, 0, 0), line(10, 10, 20), line(20, 10, 40)]
    expect(cpuTimeBetween(lines, 0, 20)).toEqual({ own: 10, busy: 40, method })
    expect(cpuTimeBetween(lines, 5, 15)).toEqual({ own: 5, busy: 20, method })
    expect(cpuTimeBetween(lines, 0, 99)).toEqual({ own: 10, busy: 40, method })
    expect(cpuTimeBetween(lines.slice(0, 1), 0, 20)).toBeUndefined()
  })
})
