import type { Domain } from '@ergometer/meter'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type BoundaryDomain, chooseBoundary } from '../src/boundary.ts'
import { domainOf } from './true-curve.ts'

/** A domain by its full id, as `meter:id`. */
function one(id: string, parts: Partial<Domain> = {}, coverage = 1): BoundaryDomain {
  const [meter = '', name = ''] = id.split(':')
  return { id, meter, coverage, domain: domainOf({ id: name, label: name, ...parts }) }
}

const counted = (...domains: BoundaryDomain[]) => [...chooseBoundary(domains).counted].sort()

const host = { kind: 'host', feeds: 'this-host' } as const
const energy = { quantity: 'energy', joulesPerCount: 1e-3 } as const

describe('domains of one identity', () => {
  test('count once: a counter before power before a model, what is local before a cloud', () => {
    const gpu = (id: string, parts: Partial<Domain>, coverage = 1) =>
      one(id, { identity: 'gpu:1', ...parts }, coverage)
    const power = gpu('a:0', {})
    const counter = gpu('b:0', { reads: energy })
    const cloud = gpu('c:0', { reads: energy, lateBy: 60 })
    expect(counted(power, counter, cloud)).toEqual(['b:0'])
    expect(counted(power, cloud)).toEqual(['c:0'])
    expect(counted(power, gpu('d:0', { lateBy: 60 }))).toEqual(['a:0'])
    // A counter that stood still halfway gives way to power that was known throughout.
    expect(counted(power, gpu('b:0', { reads: energy }, 0.5))).toEqual(['a:0'])
    expect(counted(gpu('a:0', {}, 0.5), gpu('b:0', { reads: energy }, 0.4))).toEqual(['b:0'])
    // Of two alike that which changes more often.
    expect(counted(gpu('c:0', { updatePeriod: 5 }), gpu('d:0', { updatePeriod: 1 }))).toEqual(['d:0'])
    // What never knew anything is no alternative.
    expect(counted(power, gpu('b:0', { reads: energy }, 0))).toEqual(['a:0'])
  })

  test('whoever won stands where the others stood: what was inside them is inside it', () => {
    const lost = one('a:package', { kind: 'cpu', identity: 'cpu:package-0' })
    const core = one('a:core', { kind: 'cpu', within: 'package' })
    const won = one('b:package', { kind: 'cpu', identity: 'cpu:package-0', reads: energy })
    expect(counted(lost, core, won)).toEqual(['b:package'])
    const board = one('a:board', { kind: 'other' })
    expect(
      counted(
        board,
        one('a:gpu', { within: 'board', identity: 'gpu:1' }),
        one('b:gpu', { identity: 'gpu:1', reads: energy }),
      ),
    ).toEqual(['a:board'])
  })

  test('hosts that are fed whole and alone are one host, whatever they are called', () => {
    const plug = one('plug:0', { ...host, identity: 'plug:1' })
    const bmc = one('bmc:0', { ...host, identity: 'bmc:1', reads: energy })
    expect(counted(plug, bmc)).toEqual(['bmc:0'])
  })
})

describe('a container', () => {
  const contents = (coverage: number) => [
    one('rapl:package-0', { kind: 'cpu', reads: energy }, coverage),
    one('nvml:gpu', { kind: 'gpu', reads: energy }, coverage),
  ]

  test.each([
    [0.95, 1, true],
    [0.9499, 1, false],
    [0.5, 0.5, true],
    [0.4, 0.5, false],
    [0.1, 0, true],
  ])('of coverage %d counts beside contents of %d: %s', (coverage, inner, counts) => {
    const plug = one('plug:0', host, coverage)
    const boundary = chooseBoundary([plug, ...contents(inner)])
    expect([...boundary.counted]).toEqual(counts ? ['plug:0'] : ['rapl:package-0', 'nvml:gpu'])
    expect(boundary.incomplete).toEqual(counts ? [] : ['plug:0'])
    expect(boundary.level).toBe(counts ? 'host' : 'components')
  })

  test('may be a domain of the same meter', () => {
    const core = one('rapl:package-0/core', { kind: 'cpu', within: 'package-0' })
    const whole = one('rapl:package-0', { kind: 'cpu' })
    expect(counted(whole, core)).toEqual(['rapl:package-0'])
    expect(counted(one('rapl:package-0', { kind: 'cpu' }, 0.2), core)).toEqual(['rapl:package-0/core'])
    // An id of another meter means nothing here.
    expect(counted(one('other:package-0', { kind: 'cpu' }), core)).toEqual([
      'other:package-0',
      'rapl:package-0/core',
    ])
  })

  test('that is a superchip holds its cpu, memory and gpu, and no storage', () => {
    const chip = one('hwmon:module', { kind: 'module' })
    const disk = one('x:disk', { kind: 'storage' })
    expect(counted(chip, ...contents(1), one('x:memory', { kind: 'memory' }), disk)).toEqual([
      'hwmon:module',
      'x:disk',
    ])
    expect(chooseBoundary([chip]).level).toBe('module')
  })

  test('that is a superchip or a host may name its contents, which count where it knows too little', () => {
    for (const outer of [{ kind: 'module' } as const, host]) {
      const inner = one('a:cpu', { kind: 'cpu', within: 'outer' })
      expect(counted(one('a:outer', outer, 0.5), inner)).toEqual(['a:cpu'])
      expect(counted(one('a:outer', outer), inner)).toEqual(['a:outer'])
    }
  })

  test('that is within itself hides nothing', () => {
    const a = one('m:a', { within: 'b' })
    const b = one('m:b', { within: 'a' })
    expect(counted(a, b)).toEqual(['m:a', 'm:b'])
    expect(counted(one('m:a', { within: 'a' }))).toEqual(['m:a'])
  })

  test('that is a host which may feed others is never counted beside components, nor in their stead', () => {
    const psys = one('rapl:psys', { kind: 'host' })
    expect(counted(psys, ...contents(1))).toEqual(['nvml:gpu', 'rapl:package-0'])
    expect(counted(psys, ...contents(0.3))).toEqual(['nvml:gpu', 'rapl:package-0'])
    expect(counted(psys)).toEqual(['rapl:psys'])
  })

  test('that was never read, and was to be replaced, leaves its contents', () => {
    const sensor = one('rapl:package-0', { kind: 'cpu', identity: 'cpu:0' }, 0)
    const core = one('rapl:core', { kind: 'cpu', within: 'package-0' })
    const model = one('estimate:cpu', { kind: 'cpu', identity: 'cpu:0', method: 'modelled' })
    expect(counted(sensor, core, model)).toEqual(['rapl:core'])
  })
})

describe('what a cloud tells of this host, without saying which socket or GPU', () => {
  const late = { lateBy: 180, updatePeriod: 60, reads: { quantity: 'interval-energy' } } as const
  const here = (kind: 'gpu' | 'cpu', parts: Partial<Domain> = {}) =>
    one(`cloud:${kind}-0`, { kind, identity: `this-host:${kind}-0`, ...late, ...parts })

  test('counts only where nobody here tells of its kind', () => {
    const gpus = [one('nvml:a', { kind: 'gpu' }), one('nvml:b', { kind: 'gpu' })]
    expect(counted(here('gpu'), ...gpus)).toEqual(['nvml:a', 'nvml:b'])
    expect(counted(here('gpu'), one('rapl:package-0', { kind: 'cpu' }))).toEqual([
      'cloud:gpu-0',
      'rapl:package-0',
    ])
    expect(counted(here('gpu'), one('nvml:a', { kind: 'gpu' }, 0))).toEqual(['cloud:gpu-0'])
    // A model here does not stand in for a sensor there; of two models that of here counts.
    const estimate = one('estimate:cpu', { kind: 'cpu', method: 'modelled' })
    expect(counted(here('cpu'), estimate)).toEqual(['cloud:cpu-0'])
    expect(counted(here('cpu', { method: 'modelled' }), estimate)).toEqual(['estimate:cpu'])
  })

  test('is something else than what it tells of another machine', () => {
    const remote = one('cloud:gpu-0', { kind: 'gpu', ...late })
    expect(counted(remote, one('nvml:a', { kind: 'gpu' }))).toEqual(['cloud:gpu-0', 'nvml:a'])
  })
})

describe('a model', () => {
  const cpu = (coverage = 1) => one('estimate:cpu', { kind: 'cpu', method: 'modelled' }, coverage)
  const memory = one('estimate:memory', { kind: 'memory', method: 'modelled' })

  test('counts for that of which there is no sensor at all', () => {
    expect(chooseBoundary([cpu(), memory])).toMatchObject({ level: 'model', missing: [] })
    expect(counted(cpu(), memory, one('rapl:package-0', { kind: 'cpu' }, 0.01))).toEqual([
      'estimate:memory',
      'rapl:package-0',
    ])
    // A cloud that tells only how busy its GPU was.
    expect(counted(one('cloud:gpu', { kind: 'gpu', method: 'modelled' }), cpu())).toEqual([
      'cloud:gpu',
      'estimate:cpu',
    ])
  })

  test('of a machine that a cloud names gives way to a sensor of that machine, of this one, or of one that nobody names', () => {
    const of = (id: string, parts: Partial<Domain> = {}) =>
      one(`cloud:${id}`, { kind: 'gpu', attributes: { 'host.id': id.slice(0, 1) }, ...parts })
    const model = of('a-0', { method: 'modelled' })
    expect(counted(model, of('b-0'))).toEqual(['cloud:a-0', 'cloud:b-0'])
    expect(counted(model, of('b-0'), of('a-1'))).toEqual(['cloud:a-1', 'cloud:b-0'])
    expect(counted(model, one('nvml:0', { kind: 'gpu' }))).toEqual(['nvml:0'])
    expect(
      counted(one('estimate:cpu', { kind: 'cpu', method: 'modelled' }), of('b', { kind: 'cpu' })),
    ).toEqual(['cloud:b'])
  })

  test("never fills a sensor's gaps, its container's neither", () => {
    expect(counted(one('plug:0', host, 0.5), cpu(), memory)).toEqual(['plug:0'])
    expect(counted(one('x:chip', { kind: 'module' }, 0.5), cpu(), memory)).toEqual(['x:chip'])
    // A plug that never spoke is no sensor of anything.
    expect(counted(one('plug:0', host, 0), cpu())).toEqual(['estimate:cpu'])
  })
})

describe('what is missing', () => {
  test('is not what lies within something that counts', () => {
    const socket = one('hwmon:grace-0', { kind: 'cpu' })
    const memory = one('hwmon:memory-0', { kind: 'memory', within: 'grace-0' })
    expect(chooseBoundary([socket, memory])).toMatchObject({
      counted: new Set(['hwmon:grace-0']),
      missing: [],
    })
  })

  test('is named with its reason', () => {
    const { missing } = chooseBoundary(
      [one('nvml:gpu', { label: 'A100' }, 0), one('x:cpu', { kind: 'cpu' })],
      ['A100'],
    )
    expect(missing).toEqual([
      { kind: 'gpu', label: 'A100', why: 'never read' },
      { kind: 'memory', label: 'memory', why: 'no meter' },
    ])
    expect(chooseBoundary([one('x:cpu', { kind: 'cpu' })], ['A100', 'A100']).missing).toHaveLength(3)
    expect(chooseBoundary([])).toMatchObject({ incomplete: [] })
  })
})

describe('any tree of domains', () => {
  const kinds = ['cpu', 'memory', 'gpu', 'module', 'host', 'storage'] as const
  const parts = fc.record({
    kind: fc.constantFrom(...kinds),
    identity: fc.option(fc.constantFrom('x:1', 'x:2', 'x:3'), { nil: undefined, freq: 3 }),
    feeds: fc.boolean(),
    method: fc.constantFrom('measured', 'measured', 'reported', 'modelled' as const),
    counts: fc.boolean(),
    late: fc.boolean(),
    coverage: fc.constantFrom(0, 0.3, 0.5, 0.95, 1),
    meter: fc.constantFrom('a', 'b'),
    /** Among the domains before it, so that there are no circles. */
    parent: fc.nat(),
  })
  /** A domain and all that it is within. */
  function lineage(domains: readonly BoundaryDomain[], from: BoundaryDomain | undefined): BoundaryDomain[] {
    const line: BoundaryDomain[] = []
    for (let at = from; at; ) {
      line.push(at)
      const { meter, domain }: BoundaryDomain = at
      at = domains.find((other) => other.meter === meter && other.domain.id === domain.within)
    }
    return line
  }
  const trees = fc.array(parts, { maxLength: 9 }).map((list) => {
    const domains: BoundaryDomain[] = []
    list.forEach(({ kind, identity, feeds, method, counts, late, coverage, meter, parent }, index) => {
      const before = domains.filter((domain) => domain.meter === meter)
      const fed = feeds && kind === 'host'
      const container = fed ? undefined : before[parent % (before.length + 1)]
      // A meter knows a thing once, and nothing is inside of itself, whatever it is called there.
      const outer = lineage(domains, container).map(({ domain }) => domain.identity ?? '')
      const fits = identity && before.every((other) => other.domain.identity !== identity)
      const known = fits && outer.every((other) => other < identity) ? identity : undefined
      domains.push(
        one(
          `${meter}:${index}`,
          {
            kind,
            method: method as Domain['method'],
            ...(known ? { identity: known } : {}),
            ...(fed ? { feeds: 'this-host' as const } : {}),
            ...(counts ? { reads: energy } : {}),
            ...(late ? { lateBy: 60 } : {}),
            ...(container ? { within: container.domain.id } : {}),
          },
          coverage,
        ),
      )
    })
    return domains
  })

  const isFed = ({ domain }: BoundaryDomain) => domain.kind === 'host' && domain.feeds === 'this-host'

  test('counts nothing twice', () => {
    fc.assert(
      fc.property(trees, (domains) => {
        const { counted } = chooseBoundary(domains)
        const chosen = domains.filter(({ id }) => counted.has(id))
        const identities = chosen.flatMap(({ domain }) => domain.identity ?? [])
        expect(new Set(identities).size).toBe(identities.length)
        expect(chosen.filter(isFed).length).toBeLessThanOrEqual(1)
        if (chosen.some(isFed)) {
          const inside = chosen.filter((domain) => !isFed(domain))
          expect(inside.map(({ id }) => id)).toEqual([])
        }
        for (const domain of chosen) {
          const outer = lineage(domains, domain).slice(1)
          expect(outer.filter(({ id }) => counted.has(id))).toEqual([])
        }
        const modelled = chosen.filter(({ domain }) => domain.method === 'modelled')
        for (const { domain } of modelled) {
          const sensed = domains.some(
            (other) => other.domain.kind === domain.kind && other.domain.method !== 'modelled',
          )
          expect(sensed).toBe(false)
        }
      }),
      { numRuns: 3000 },
    )
  })

  test('counts something, whenever a sensor knows something', () => {
    fc.assert(
      fc.property(trees, (domains) => {
        const { counted } = chooseBoundary(domains)
        const knows = domains.some(({ domain, coverage }) => domain.method !== 'modelled' && coverage > 0)
        const known = domains.some(({ id, coverage }) => counted.has(id) && coverage > 0)
        if (knows) expect(known).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })
})
