import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type CpuLoad, modelCpuPower, modelMemoryPower } from '../src/index.ts'
import { RAPL_SWEEPS } from './rapl-sweeps.ts'

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length / 2
  return ((sorted[Math.ceil(middle) - 1] as number) + (sorted[Math.floor(middle)] as number)) / 2
}

const cpuName = fc.oneof(
  fc.constantFrom(
    'Intel(R) Xeon(R) CPU E3-1240 V2 @ 3.40GHz',
    'Intel(R) Xeon(R) Platinum 8259CL CPU @ 2.50GHz',
    'Intel(R) Xeon(R) CPU @ 2.20GHz',
    'AMD EPYC',
    'AMD Ryzen 9 5950X 16-Core Processor',
    'Apple M1 Max',
    'Neoverse-N1',
  ),
  fc.string(),
)
const utilisation = fc.double({ min: 0, max: 1, noNaN: true })
const load: fc.Arbitrary<CpuLoad> = fc.record({
  cpuName,
  sockets: fc.integer({ min: 1, max: 8 }),
  logicalCpus: fc.integer({ min: 1, max: 1024 }),
  utilisation,
  virtualised: fc.boolean(),
})

describe('modelCpuPower', () => {
  it('never falls as load rises', () => {
    fc.assert(
      fc.property(load, utilisation, (cpu, other) => {
        const low = Math.min(cpu.utilisation, other)
        const high = Math.max(cpu.utilisation, other)
        expect(modelCpuPower({ ...cpu, utilisation: low }).watts).toBeLessThanOrEqual(
          modelCpuPower({ ...cpu, utilisation: high }).watts,
        )
      }),
    )
  })

  it('is above 0 and bounded, with an uncertainty above 0 and a basis', () => {
    fc.assert(
      fc.property(load, (cpu) => {
        const { watts, standardUncertaintyWatts, basis } = modelCpuPower(cpu)
        expect(watts).toBeGreaterThan(0)
        // 500 W is the largest TDP, 1.3 the largest share of it; 11.25 W the largest TDP of a thread.
        expect(watts).toBeLessThanOrEqual(1.3 * Math.max(500 * cpu.sockets, 11.25 * cpu.logicalCpus))
        expect(standardUncertaintyWatts).toBeGreaterThan(0.05 * watts)
        expect(standardUncertaintyWatts).toBeLessThan(watts)
        expect(basis).toMatch(/ W .*curve$/)
      }),
    )
  })

  it('is concave: half load draws more than the middle of idle and full', () => {
    fc.assert(
      fc.property(load, (cpu) => {
        const at = (share: number) => modelCpuPower({ ...cpu, utilisation: share }).watts
        expect(at(0.5)).toBeGreaterThan((at(0) + at(1)) / 2)
      }),
    )
  })

  const epyc8024p = { cpuName: 'AMD EPYC 8024P 8-Core Processor', sockets: 1, logicalCpus: 16 }

  it('holds what RAPL showed on an EPYC 8024P, whose TDP is 90 W', () => {
    for (const [utilisation, raplWatts] of [
      [0.403, 41.8],
      [1, 46.1],
    ] as const) {
      const { watts, standardUncertaintyWatts } = modelCpuPower({ ...epyc8024p, utilisation })
      expect(Math.abs(watts - raplWatts)).toBeLessThan(1.96 * standardUncertaintyWatts)
      expect(standardUncertaintyWatts).toBeLessThan(0.35 * watts)
    }
  })

  for (const [column, index] of [
    ['watts as published, which lag a step behind', 1],
    ['joules over seconds', 2],
  ] as const) {
    for (const [loads, from, to] of [
      ['0 to 100 %', 0, 100],
      ['15 to 85 %', 15, 85],
    ] as const) {
      it(`fits RAPL sweeps of real machines: ${column}, load ${loads}`, () => {
        const points = RAPL_SWEEPS.flatMap(({ cpuName, sockets, logicalCpus, points }) =>
          points
            .filter(([load]) => load >= from && load <= to)
            .map((point) => {
              const shown = point[index]
              const power = modelCpuPower({ cpuName, sockets, logicalCpus, utilisation: point[0] / 100 })
              const error = Math.abs(power.watts - shown)
              return {
                error: error / shown,
                uncertainty: power.standardUncertaintyWatts / power.watts,
                within: error <= 1.96 * power.standardUncertaintyWatts,
              }
            }),
        )
        expect(points.filter(({ within }) => within).length / points.length).toBeGreaterThan(0.9)
        expect(median(points.map(({ error }) => error))).toBeLessThan(0.22)
        expect(median(points.map(({ uncertainty }) => uncertainty))).toBeLessThan(0.33)
      })
    }
  }

  it('adds sockets up where the TDP is known, and never multiplies a per-thread prior by them', () => {
    const known = (sockets: number) =>
      modelCpuPower({ cpuName: 'Xeon E5-2620 v3', sockets, logicalCpus: 12 * sockets, utilisation: 0.3 })
    expect(known(2).watts).toBeCloseTo(2 * known(1).watts, 9)
    const unknown = (sockets: number) =>
      modelCpuPower({ cpuName: 'never heard of', sockets, logicalCpus: 48, utilisation: 0.3 }).watts
    expect(unknown(2)).toBe(unknown(1))
  })

  it('takes a share of the socket in a virtual machine, whatever sockets it invents', () => {
    const vm = { cpuName: 'AMD EPYC 7763 64-Core Processor', utilisation: 1, virtualised: true }
    // 280 W of TDP for 128 threads, 62 % of it at full load.
    expect(modelCpuPower({ ...vm, sockets: 8, logicalCpus: 8 }).watts).toBeCloseTo(0.62 * 280 * (8 / 128), 9)
  })

  it('is less sure of what it does not know', () => {
    const relative = (name: string, virtualised = false) => {
      const power = modelCpuPower({
        cpuName: name,
        sockets: 1,
        logicalCpus: 8,
        utilisation: 0.5,
        virtualised,
      })
      return power.standardUncertaintyWatts / power.watts
    }
    expect(relative('AMD EPYC 8024P')).toBeLessThan(relative('AMD EPYC', true))
    expect(relative('Intel Core i7-8700')).toBeLessThan(relative('Intel Core i7-9999'))
  })

  it('believes what it is given, and is surer then', () => {
    const given = modelCpuPower({ ...epyc8024p, utilisation: 1, fullLoadWatts: 46 })
    expect(given.watts).toBeCloseTo(46, 9)
    expect(given.standardUncertaintyWatts).toBeLessThan(0.15 * 46)
    expect(modelCpuPower({ ...epyc8024p, utilisation: 1, tdpWatts: 180 }).watts).toBeCloseTo(0.62 * 180, 9)
  })

  it('clamps utilisation, and rejects what is not a number', () => {
    const at = (share: number) => modelCpuPower({ ...epyc8024p, utilisation: share }).watts
    expect(at(1.2)).toBe(at(1))
    expect(at(-0.1)).toBe(at(0))
    expect(() => at(Number.NaN)).toThrow('utilisation: expected 0 to 1, got NaN')
    expect(() => modelCpuPower({ ...epyc8024p, logicalCpus: 0, utilisation: 0 })).toThrow('logicalCpus')
  })
})

describe('modelMemoryPower', () => {
  it('grows with bytes in use', () => {
    expect(modelMemoryPower({ bytesInUse: 10e9 }).watts).toBeCloseTo(3.92, 9)
    expect(modelMemoryPower({ bytesInUse: 10e9 }).standardUncertaintyWatts).toBeCloseTo(1.96, 9)
    expect(modelMemoryPower({ bytesInUse: 10e9, wattsPerGigabyte: 0.1 }).watts).toBeCloseTo(1, 9)
    expect(() => modelMemoryPower({ bytesInUse: Number.NaN })).toThrow('bytesInUse')
  })
})
