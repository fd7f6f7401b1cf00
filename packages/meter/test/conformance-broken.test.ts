import { describe, expect, test } from 'vitest'
import { CONFORMANCE_IDS, conformanceCases } from '../src/conformance.ts'
import { isMeterFactory, type MeterFactory } from '../src/index.ts'
import { fixture } from './fixture.ts'
import { InstrumentWorld } from './instrument-world.ts'

// Proof that every case bites: each broken meter fails the case that its name begins with, and no other.

Object.assign(globalThis, { busOfTheTests: true })

const MODULES = ['broken-meters', 'import-timer', 'import-prints', 'import-environment', 'import-listens']

const broken = (
  await Promise.all(MODULES.map(async (name) => Object.values(await import(fixture(`${name}.mjs`)))))
)
  .flat()
  .filter(isMeterFactory)

function nameOfCase(meter: MeterFactory): string {
  return meter.meterName.split('--')[0] as string
}

/** What fails, and how. */
async function failures(meter: MeterFactory): Promise<Record<string, string>> {
  const failed: Record<string, string> = {}
  const cases = conformanceCases({ meter, world: () => new InstrumentWorld(), patience: 3 })
  for (const one of cases) {
    await one.run().catch((error: Error) => {
      failed[one.id] = error.message
    })
  }
  return failed
}

describe('a broken meter', () => {
  test.each(broken.map((meter) => [meter.meterName, meter] as const))(
    '%s fails that case alone',
    async (_, meter) => {
      const failed = await failures(meter)
      expect(Object.keys(failed)).toEqual([nameOfCase(meter)])
      expect(Object.values(failed)[0]).toMatch(/^.{20,}$/)
    },
    60_000,
  )

  test('there is one for every case', () => {
    expect(broken.length).toBeGreaterThan(60)
    expect(CONFORMANCE_IDS.filter((id) => !broken.some((meter) => nameOfCase(meter) === id))).toEqual([])
  })
})
