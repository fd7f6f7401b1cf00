import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CpuAccount, type CpuView } from '../src/cpu-account.ts'
import { attributeGpu } from '../src/gpu-attribution.ts'
import { ShareAccount } from '../src/share-account.ts'
import { domainOf } from './true-curve.ts'

const fraction = fc.double({ min: 0, max: 1, noNaN: true })
const telling = fc.record({
  after: fc.double({ min: 0.05, max: 20, noNaN: true }),
  own: fraction,
  others: fraction,
})

describe('the shares of a domain', () => {
  it('tile the run; own, others and idle add up to all of it, and are what was told', () => {
    fc.assert(
      fc.property(fc.array(telling, { minLength: 1, maxLength: 60 }), (tellings) => {
        const account = new ShareAccount()
        let time = 0
        let truth = 0
        const stretches = tellings.flatMap(({ after, own, others }) => {
          time += after
          truth += (own + others > 1 ? own / (own + others) : own) * after
          const parts = [
            { owner: 'own' as const, fraction: own },
            { owner: 'others' as const, fraction: others },
          ]
          return account.add(time, parts) ?? []
        })
        stretches.push(...[account.close(time) ?? []].flat())
        expect(stretches[0]?.from).toBe(0)
        expect(stretches.at(-1)?.to).toBeCloseTo(time, 9)
        stretches.forEach((one, index) => {
          expect(one.own + one.others + one.idle).toBeCloseTo(1, 9)
          if (index > 0) expect(one.from).toBe(stretches[index - 1]?.to)
        })
        expect(stretches.reduce((sum, { from, to, own }) => sum + own * (to - from), 0)).toBeCloseTo(truth, 6)
      }),
    )
  })

  it('hold for a little while after they were told last, and no longer', () => {
    const account = new ShareAccount()
    account.add(0.5, [{ owner: 'own', fraction: 1 }])
    expect(account.close(3)).toEqual({ from: 0, to: 3, own: 1, others: 0, idle: 0 })
    const other = new ShareAccount()
    other.add(0.5, [{ owner: 'own', fraction: 1 }])
    expect(other.close(100)?.to).toBe(0.5)
  })

  it('told of the past are not taken', () => {
    const account = new ShareAccount()
    account.add(5, [{ owner: 'own', fraction: 1 }])
    expect(account.add(4, [{ owner: 'own', fraction: 0 }])).toBeUndefined()
  })
})

describe('energy by shares', () => {
  const line = {
    kind: 'domain' as const,
    t: 0,
    id: 'nvml:GPU-1',
    meter: 'nvml',
    interval: 0.1,
    domain: domainOf({ id: 'GPU-1', kind: 'gpu', attributes: { 'share.method': 'sm-utilisation' } }),
  }
  const hundredWatts = { joules: (from: number, to: number) => 100 * (to - from) }

  it('is the energy of each stretch times its parts, within the interval that is asked for', () => {
    const share = (from: number, t: number, own: number, others: number) => ({
      kind: 'share' as const,
      domain: 0,
      from,
      t,
      own,
      others,
      idle: 1 - own - others,
    })
    const shares = [share(0, 10, 0.5, 0.25), share(10, 20, 0, 0), { ...share(0, 20, 1, 0), domain: 1 }]
    const domains = [{ index: 0, line, known: hundredWatts }]
    expect(attributeGpu(domains, shares, 0, 20)).toEqual({
      method: 'sm-utilisation',
      shareJoules: 500,
      otherJoules: 250,
      idleJoules: 1250,
      idleShare: 0.625,
      netShare: 0.25,
    })
    expect(attributeGpu(domains, shares, 5, 12)).toMatchObject({ shareJoules: 250, idleJoules: 125 + 200 })
    expect(attributeGpu(domains, [], 0, 20)).toBeUndefined()
  })
})

describe('a process', () => {
  const parents: Record<number, number> = { 20: 10, 21: 20, 30: 11, 40: 1, 10: 1, 11: 10 }
  const entry = (pid: number) =>
    parents[pid] === undefined ? undefined : { pid, parent: parents[pid], start: '1', own: 0, reaped: 0 }
  const view: CpuView = {
    processes: () => [],
    process: entry,
    busySeconds: () => 1,
    ownCgroup: () => undefined,
    cgroupSeconds: () => undefined,
  }

  it('is of the run if it descends from its root, and not from its recorder', () => {
    const wrapped = new CpuAccount({ pid: 10, itself: false }, 11, view)
    expect([10, 11, 20, 21, 30, 40, 99].filter((pid) => wrapped.owns(pid))).toEqual([20, 21])
    const embedded = new CpuAccount({ pid: 10, itself: true }, 11, view)
    expect([10, 11, 20, 21, 30, 40, 99].filter((pid) => embedded.owns(pid))).toEqual([10, 20, 21])
  })
})
