import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { instanceModel, type Provider, storagePower, wattsAt } from '../src/index.ts'
import { instanceTable } from '../src/instance-table.ts'

const PROVIDERS: Provider[] = ['aws', 'gcp', 'azure']

/** Every type of the table, as its provider writes it. */
const types = PROVIDERS.flatMap((provider) =>
  instanceTable[provider].split('\n').flatMap((line) => {
    const [family = '', , , sizes = ''] = line.split(',')
    return sizes.split(' ').map((size) => {
      const name = size.split(':')[0] ?? ''
      if (provider === 'aws') return { provider, type: `${family}.${name}` }
      return {
        provider,
        type: provider === 'gcp' ? `${family}-${name}` : `Standard_${family.replace('*', name)}`,
      }
    })
  }),
)

describe('the table of instances', () => {
  it('is what the script writes', () => {
    const script = fileURLToPath(new URL('../data/build-table.mjs', import.meta.url))
    const check = spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8' })
    expect(check.stderr).toBe('')
    expect(check.status).toBe(0)
  })

  it('gives each of its types by name, with powers that make sense', () => {
    expect(types.length).toBeGreaterThan(1000)
    for (const { provider, type } of types) {
      const { known, vCpus = 0, cpu, memory, gpu, accelerators } = instanceModel(provider, type)
      expect([type, known]).toEqual([type, 'type'])
      expect(vCpus).toBeGreaterThan(0)
      for (const model of [cpu, gpu]) {
        if (!model) continue
        expect(model.idleWatts).toBeGreaterThan(0)
        expect(model.peakWatts).toBeGreaterThan(model.idleWatts)
        expect(model.relativeUncertainty).toBeGreaterThan(0.1)
        expect(model.source).not.toBe('')
      }
      expect(cpu).toBeDefined()
      expect(memory?.gigabytes).toBeGreaterThan(0)
      expect(memory?.watts).toBeGreaterThanOrEqual(0)
      if (gpu) expect(gpu.count).toBe(accelerators?.count)
    }
    expect(new Set(types.map(({ provider, type }) => `${provider} ${type}`)).size).toBe(types.length)
  })

  it('names its sources and licences', () => {
    const note = readFileSync(new URL('../data/LICENSE.md', import.meta.url), 'utf8')
    for (const fact of ['Apache License 2.0', 'b7a049c', 'dda7621', '8840d3c', '2026-11-29'])
      expect(note).toContain(fact)
  })
})

describe('the model of an instance', () => {
  it('is the published watts of a vCPU times its vCPUs', () => {
    // Cascade Lake: 0.64 to 3.97 W; A100: 46 to 407 W.
    const { cpu, gpu, vCpus } = instanceModel('aws', 'p4d.24xlarge')
    expect(vCpus).toBe(96)
    expect(cpu?.idleWatts).toBeCloseTo(61.44, 9)
    expect(cpu?.peakWatts).toBeCloseTo(381.12, 9)
    expect(gpu).toMatchObject({ count: 8, label: 'NVIDIA A100', idleWatts: 46, peakWatts: 407 })
  })

  it('takes the mean of processors that it may have, or the median where there are old ones', () => {
    // 0.65, 0.71, 1, 0.47 and 4.26, 3.69, 4.74, 1.69, of two vCPUs.
    const { cpu } = instanceModel('gcp', 'e2-standard-2')
    expect(cpu?.idleWatts).toBeCloseTo(2 * 0.7075, 9)
    expect(cpu?.peakWatts).toBeCloseTo(2 * 3.595, 9)
    // 0.65, 0.71, 1, 2.17, 3.04 and 3.69, 4.26, 4.74, 8.25, 8.58.
    const old = instanceModel('gcp', 'n1-standard-1').cpu
    expect([old?.idleWatts, old?.peakWatts]).toEqual([1, 4.74])
  })

  it('counts no memory twice: what the servers behind the watts had is in them', () => {
    // Skylake: 1.63 GB for each of 8 vCPUs; 0.392 W for each GB beyond.
    const { memory } = instanceModel('aws', 'm5.2xlarge')
    expect(memory?.includedGigabytes).toBeCloseTo(13.04, 9)
    expect(memory?.watts).toBeCloseTo(0.392 * (32 - 13.04), 9)
    expect(instanceModel('gcp', 'e2-micro').memory?.watts).toBe(0)
  })

  it('knows parts of a GPU, and accelerators of which nobody publishes the power', () => {
    expect(instanceModel('aws', 'g6f.xlarge').gpu).toMatchObject({
      count: 0.125,
      label: 'NVIDIA L4',
      idleWatts: 8,
      peakWatts: 72,
    })
    expect(instanceModel('azure', 'Standard_NV6ads_A10_v5').gpu?.count).toBeCloseTo(1 / 6, 12)
    const trainium = instanceModel('aws', 'trn1.32xlarge')
    expect(trainium.gpu).toBeUndefined()
    expect(trainium.accelerators).toEqual({ count: 16, label: 'AWS Trainium' })
  })

  it('falls back to the family, then to the average of the provider, each less certain', () => {
    const type = instanceModel('aws', 'c5a.4xlarge')
    const family = instanceModel('aws', 'c5a.32xlarge')
    const provider = instanceModel('aws', 'q1.4xlarge')
    expect([type.known, family.known, provider.known]).toEqual(['type', 'family', 'provider'])
    expect([type.vCpus, family.vCpus, provider.vCpus]).toEqual([16, 128, 16])
    expect(family.cpu?.peakWatts).toBeCloseTo(128 * 1.69, 9)
    expect(provider.cpu).toMatchObject({ idleWatts: 16 * 0.74, peakWatts: 16 * 3.5 })
    expect(provider.processors).toBeUndefined()
    const uncertainties = [type, family, provider].map(({ cpu }) => cpu?.relativeUncertainty ?? 0)
    expect(uncertainties).toEqual([...uncertainties].sort())
    expect(instanceModel('azure', 'Standard_D4lds_v4')).toMatchObject({
      known: 'family',
      vCpus: 4,
      processors: ['cascade-lake'],
    })
    expect(instanceModel('gcp', 'n2-custom-8-16384')).toMatchObject({
      known: 'type',
      vCpus: 8,
      memory: { gigabytes: 16 },
    })
  })

  it('a machine that counts its own vCPUs is believed where no table knows', () => {
    expect(instanceModel('aws', 'q1.huge', { vCpus: 10 }).cpu?.idleWatts).toBeCloseTo(7.4, 9)
    expect(instanceModel('gcp', undefined, { vCpus: 2 })).toMatchObject({
      known: 'provider',
      cpu: { peakWatts: 8.22 },
    })
    expect(instanceModel('gcp', undefined)).toEqual({ known: 'provider' })
  })

  it('never throws, and invents nothing, for any name', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...PROVIDERS),
        fc.oneof(fc.string(), fc.stringMatching(/^[A-Za-z0-9_.*-]{0,20}$/)),
        (provider, name) => {
          const { vCpus, cpu, gpu } = instanceModel(provider, name)
          expect(cpu === undefined).toBe(vCpus === undefined)
          for (const model of [cpu, gpu]) {
            if (model)
              expect(model.peakWatts > model.idleWatts && Number.isFinite(model.peakWatts)).toBe(true)
          }
        },
      ),
    )
  })
})

describe('watts at a load', () => {
  it('lie between idle and peak, grow with the load, and are linear in it', () => {
    const watts = fc.double({ min: 0, max: 1e4, noNaN: true })
    const load = fc.double({ min: 0, max: 1, noNaN: true })
    fc.assert(
      fc.property(watts, watts, load, load, (idleWatts, more, a, b) => {
        const model = { idleWatts, peakWatts: idleWatts + more, relativeUncertainty: 0.3, source: 'test' }
        const [low, high] = [Math.min(a, b), Math.max(a, b)]
        expect(wattsAt(model, low)).toBeLessThanOrEqual(wattsAt(model, high) + 1e-9)
        expect(wattsAt(model, a)).toBeGreaterThanOrEqual(idleWatts)
        expect(wattsAt(model, a)).toBeLessThanOrEqual(model.peakWatts + 1e-9)
        expect(wattsAt(model, (a + b) / 2)).toBeCloseTo((wattsAt(model, a) + wattsAt(model, b)) / 2, 6)
        // A model of 0 W is a model.
        expect(wattsAt({ ...model, idleWatts: 0, peakWatts: 0 }, a)).toBe(0)
      }),
    )
  })
})

describe('storage', () => {
  it('takes published watts per terabyte', () => {
    expect(storagePower('ssd', 2)).toMatchObject({ watts: 2.4 })
    expect(storagePower('hdd', 2)).toMatchObject({ watts: 1.3 })
  })
})
