import type { Domain, DomainKind } from '@ergometer/meter'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { BoundaryDomain } from '../src/boundary.ts'
import { HardwareLayers } from '../src/hardware-layers.ts'
import { domainOf } from './true-curve.ts'

type Given = Omit<BoundaryDomain, 'coverage'>

function one(meter: string, name: string, parts: Partial<Domain> = {}): Given {
  return { id: `${meter}:${name}`, meter, domain: domainOf({ id: name, label: name, ...parts }) }
}

const layersOf = (layers: HardwareLayers, ...given: Given[]) => given.map(({ id }) => layers.of(id))

describe('HardwareLayers', () => {
  const plug = one('plug', 'host', { kind: 'host', feeds: 'this-host' })
  const cpu = one('rapl', 'package', { kind: 'cpu', identity: 'cpu:package-0' })
  const core = one('rapl', 'core', { kind: 'cpu', within: 'package' })
  const gpu = one('nvml', '0', { kind: 'gpu', identity: 'gpu:GPU-1' })

  test('a wall plug silences nobody, and what is inside of something does not go out', () => {
    const layers = new HardwareLayers()
    layers.take([plug, cpu, core, gpu])
    expect(layersOf(layers, plug, cpu, core, gpu)).toEqual(['host', 'component', undefined, 'component'])
  })

  test('what went out stays, and what would overlap with it later does not', () => {
    const layers = new HardwareLayers()
    const other = one('amd', '0', {
      kind: 'gpu',
      identity: 'gpu:GPU-1',
      reads: { quantity: 'energy', joulesPerCount: 1 },
    })
    const module = one('grace', 'module', { kind: 'module' })
    layers.take([gpu])
    layers.take([gpu, other, module, cpu])
    expect(layersOf(layers, gpu, other, module, cpu)).toEqual([
      'component',
      undefined,
      undefined,
      'component',
    ])
  })

  test('nor what is inside of it through something that does not go out', () => {
    const layers = new HardwareLayers()
    const model = one('estimate', 'cpu', { method: 'modelled' })
    const sensor = one('estimate', 'package', { within: 'cpu' })
    const memory = one('estimate', 'dram', { kind: 'memory', within: 'package' })
    layers.take([model])
    layers.take([model, sensor, memory])
    expect(layersOf(layers, model, sensor, memory)).toEqual(['component', undefined, undefined])
  })

  /** Domains of a host as several meters may see it, in the order in which they are found. */
  const worlds = fc
    .array(
      fc.record({
        meter: fc.constantFrom('a', 'b', 'c'),
        name: fc.nat({ max: 5 }),
        kind: fc.constantFrom<DomainKind>('cpu', 'gpu', 'memory', 'module', 'host', 'other'),
        identity: fc.option(fc.nat({ max: 3 }), { nil: undefined }),
        within: fc.option(fc.nat({ max: 5 }), { nil: undefined }),
        method: fc.constantFrom('measured', 'modelled' as const),
      }),
      { maxLength: 12 },
    )
    .map((all) => {
      const seen = new Set<string>()
      // What contains something is found before it: nobody could know otherwise.
      return all
        .sort((a, b) => a.name - b.name)
        .filter(({ meter, name }) => !seen.has(`${meter}:${name}`) && seen.add(`${meter}:${name}`))
        .map(({ meter, name, kind, identity, within, method }) =>
          one(meter, `${name}`, {
            kind,
            method,
            ...(kind === 'host' ? { feeds: 'this-host' as const } : {}),
            ...(identity === undefined ? {} : { identity: `${kind}:${identity}` }),
            // Only in what has a smaller name: a domain is not inside of itself.
            ...(within === undefined || within >= name || kind === 'host' ? {} : { within: `${within}` }),
          }),
        )
    })

  test('a layer never changes, and of one identity, or of what contains another, one goes out', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const layers = new HardwareLayers()
        const before = new Map<string, string>()
        for (let count = 1; count <= world.length; count++) {
          layers.take(world.slice(0, count))
          for (const { id, domain } of world.slice(0, count)) {
            const layer = layers.of(id)
            if (before.has(id)) expect(layer).toBe(before.get(id))
            if (layer) before.set(id, layer)
            if (layer) expect(layer === 'host').toBe(domain.kind === 'host')
          }
        }
        const out = world.filter(({ id }) => layers.of(id) === 'component')
        const identities = out.flatMap(({ domain }) => domain.identity ?? [])
        expect(new Set(identities).size).toBe(identities.length)
        const ids = new Set(out.map(({ id }) => id))
        for (const { meter, domain } of out) {
          // Through whatever lies between.
          let within = domain.within
          while (within !== undefined) {
            expect(ids.has(`${meter}:${within}`)).toBe(false)
            within = world.find(({ id }) => id === `${meter}:${within}`)?.domain.within
          }
        }
        if (out.some(({ domain }) => domain.kind === 'module')) {
          for (const kind of ['cpu', 'gpu', 'memory'])
            expect(out.every(({ domain }) => domain.kind !== kind)).toBe(true)
        }
      }),
      { numRuns: 300 },
    )
  })
})
