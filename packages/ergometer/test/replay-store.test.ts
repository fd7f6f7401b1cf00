import { afterAll, beforeAll, describe, expect } from 'vitest'
import { startVictoriaMetrics, type VictoriaMetrics, whyNoReceivers } from '../../../test/receivers.ts'
import { eventually, type Place, STEADY, test, untilMetered } from './processes.ts'

/** A series as a store has it: times in milliseconds. */
interface Stored {
  readonly metric: Readonly<Record<string, string>>
  readonly values: readonly number[]
  readonly timestamps: readonly number[]
}

describe.skipIf(whyNoReceivers())('a run that is exported into VictoriaMetrics afterwards', () => {
  let store: VictoriaMetrics
  beforeAll(async () => {
    store = await startVictoriaMetrics()
  })
  afterAll(() => store?.stop())

  /** All series of a run, once there are any of that name. */
  async function seriesOf(runId: string, name: string): Promise<readonly Stored[]> {
    let found: Stored[] = []
    const look = async () => {
      await fetch(`${store.url}/internal/force_flush`)
      // Without an end it would be the second that has begun last.
      const end = String(Math.ceil(Date.now() / 1000) + 60)
      const query = new URLSearchParams({ 'match[]': `{ergometer_run_id="${runId}"}`, end })
      const text = await (await fetch(`${store.url}/api/v1/export?${query}`)).text()
      const lines = text.split('\n').filter((line) => line !== '')
      found = lines.map((line) => JSON.parse(line) as Stored)
    }
    let looking = look()
    await eventually(() => {
      if (found.some(({ metric }) => metric['__name__'] === name)) return true
      looking = looking.then(look)
      return false
    }, `${name} in the store`)
    await looking
    await look()
    return found
  }

  async function exported(place: Place, stepSeconds: number): Promise<void> {
    const value = JSON.stringify({ url: store.otlpEndpoint, stepSeconds })
    const { code, stderr } = await place.cli(['export', '--to', `otlp=${value}`])
    expect([code, stderr]).toEqual([0, ''])
  }

  test('has the total of its report, at the times of then', async ({ place }) => {
    await place.cli(['run', '--meter', STEADY, '--zone', 'FR', '--', ...untilMetered(500)])
    const { run, energy, carbon } = await place.stored()
    await exported(place, 0.5)
    const series = await seriesOf(run.id, 'hw_energy_joules_total')
    const named = (name: string) => {
      const [one, ...others] = series.filter(({ metric }) => metric['__name__'] === name)
      expect(others).toEqual([])
      return one as Stored
    }
    const total = named('ergometer_run_energy_joules_total')
    expect((total.values.at(-1) ?? 0) / (energy.joules ?? Number.NaN)).toBeCloseTo(1, 9)
    expect(named('hw_energy_joules_total').values).toEqual(total.values)
    const grams = named('ergometer_run_emissions_grams_total').values.at(-1) ?? 0
    expect(grams / (carbon.gramsCo2e ?? Number.NaN)).toBeCloseTo(1, 9)
    expect(total.values[0]).toBe(0)
    expect(total.timestamps[0]).toBe(Date.parse(run.startedAt))
    expect(Math.abs((total.timestamps.at(-1) ?? 0) - Date.parse(run.endedAt))).toBeLessThanOrEqual(1)
    expect(total.timestamps).toHaveLength(Math.ceil(run.seconds / 0.5) + 1)
    expect(total.metric).toMatchObject({ service_name: 'ergometer', ergometer_energy_method: 'measured' })
  })

  test('lands on the series of its live export, and changes nothing the second time', async ({ place }) => {
    const flags = [`--otlp=${store.otlpEndpoint}`, '--meter', STEADY, '--zone', 'FR']
    await place.cli(['run', ...flags, '--', ...untilMetered(300)])
    const { run, energy } = await place.stored()
    const labels = (all: readonly Stored[]) => all.map(({ metric }) => JSON.stringify(metric)).sort()
    const live = await seriesOf(run.id, 'ergometer_run_energy_joules_total')
    // What the live export sent last may be stored last, or be stamped a little later: a counter's total is its highest value.
    const highest = (all: readonly Stored[]) =>
      Math.max(
        ...all.flatMap(({ metric, values }) =>
          metric['__name__'] === 'ergometer_run_energy_joules_total' ? values : [],
        ),
      )
    for (const _ of ['once', 'twice']) {
      await exported(place, 1)
      const both = await seriesOf(run.id, 'ergometer_run_energy_joules_total')
      expect(labels(both)).toEqual(expect.arrayContaining(labels(live)))
      expect(both).toHaveLength(new Set(both.map(({ metric }) => metric['__name__'])).size)
      expect(highest(both) / (energy.joules ?? Number.NaN)).toBeCloseTo(1, 9)
    }
  })
})
