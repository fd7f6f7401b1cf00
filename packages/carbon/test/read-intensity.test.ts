import { expect, test } from 'vitest'
import { openIntensitySource, readIntensity, yearlyStandIn } from '../src/index.ts'
import { electricityMapsSource, ukSource, wattTimeSource } from '../src/sources.ts'
import { type Answer, at, fakeWorld, fixture } from './fake-world.ts'

const env = { ELECTRICITY_MAPS_TOKEN: 'secret', WATTTIME_USER: 'freddo', WATTTIME_PASSWORD: 'secret' }
const from = at('2024-03-06T12:00:00Z')
const to = at('2024-03-06T20:00:00Z')
/** One kilowatt-hour an hour. */
const energy = [{ from, to, joules: 8 * 3.6e6 }]

async function germany(answer: Answer, more: { zone?: string; options?: object } = {}) {
  const world = fakeWorld([answer], { env, now: to + 60 })
  const source = await openIntensitySource(electricityMapsSource, { zone: 'DE', ...more.options }, world)
  const curve = await readIntensity(source, from, to, { zone: more.zone, log: world.log })
  return { curve, said: world.said }
}

test('the yearly figure fills the hours that are missing, is counted as an estimate, and is told of', async () => {
  const { curve, said } = await germany({ body: fixture('electricity-maps-history') })
  const emissions = curve.integrate(energy)
  expect(emissions.gramsCo2e).toBeCloseTo(503 + 526 + 663 + 689 + 4 * 342.06, 6)
  // Four hours of the yearly figure, two that Electricity Maps estimates.
  expect(emissions.estimatedShare).toBeCloseTo(6 / 8, 9)
  expect(emissions.knownJoules).toBeCloseTo(emissions.joules, 3)
  expect(said).toEqual([
    "warning intensity-stand-in: for 50.0 % of the time there is no intensity: DE's yearly figure stands in, 342.06 g/kWh (Ember yearly electricity data 2024)",
  ])
})

test('a source that fails altogether is told of, and the run still has grams', async () => {
  const { curve, said } = await germany({ status: 401 })
  expect(curve.integrate(energy)).toMatchObject({ gramsPerKilowattHour: 342.06, estimatedShare: 1 })
  expect(said.map((line) => line.split(':')[0])).toEqual([
    'warning intensity-source-failed',
    'warning intensity-stand-in',
  ])
})

test('a lifecycle figure never stands in for a direct one: that energy has no grams', async () => {
  const { curve, said } = await germany({ status: 500 }, { options: { basis: 'direct' } })
  const emissions = curve.integrate(energy)
  expect(emissions).toEqual({ joules: 8 * 3.6e6, knownJoules: 0, estimatedJoules: 0, estimatedShare: 0 })
  expect(said[1]).toBe(
    'warning intensity-missing: for 100 % of the time there is no intensity, and no yearly figure of the same kind and basis (average, direct) for DE: that energy has no grams',
  )
})

test('nor an average for a marginal one, nor a country for a region, unless it is named', async () => {
  const marginal = { kind: 'marginal', basis: 'direct' } as const
  const direct = { kind: 'average', basis: 'direct' } as const
  const lifecycle = { kind: 'average', basis: 'lifecycle' } as const
  expect(yearlyStandIn('US', marginal)).toBeUndefined()
  expect(yearlyStandIn('FR', { ...lifecycle, kind: 'marginal' })).toBeUndefined()
  expect(yearlyStandIn('GB', direct)).toBeUndefined()
  expect(yearlyStandIn('US-CAL-CISO', lifecycle)).toBeUndefined()
  expect(yearlyStandIn('gcp:us-west2', lifecycle)).toBeUndefined()
  expect(yearlyStandIn('gcp:us-west2', direct)).toMatchObject({ gramsPerKilowattHour: 169.28 })
  expect(yearlyStandIn('US', lifecycle)).toMatchObject({ gramsPerKilowattHour: 383.55 })
  expect(yearlyStandIn(undefined, lifecycle)).toBeUndefined()
})

test('the run’s zone may lend its yearly figure to a source that knows another one', async () => {
  const { curve } = await germany({ status: 500 }, { zone: 'FR' })
  expect(curve.integrate(energy).gramsPerKilowattHour).toBeCloseTo(44.18, 9)
})

test('what is known in part stays known: a part of coverage, not a made-up whole', async () => {
  const world = fakeWorld([{ body: fixture('carbonintensity-uk') }], { now: at('2018-01-20T14:00:00Z') })
  const source = await openIntensitySource(ukSource, undefined, world)
  const begin = at('2018-01-20T12:00:00Z')
  const curve = await readIntensity(source, begin, begin + 7200, { log: world.log })
  const emissions = curve.integrate([{ from: begin, to: begin + 7200, joules: 4000 }])
  expect(emissions.knownJoules).toBeCloseTo(2000, 9)
  expect(emissions.gramsPerKilowattHour).toBeCloseTo((263 + 270) / 2, 9)
  expect(emissions.estimatedShare).toBeCloseTo(0.5, 9)
  expect(world.said).toEqual([
    expect.stringContaining('for 50.0 % of the time there is no intensity, and no yearly'),
  ])
})

test('a source without trouble says nothing', async () => {
  const reply = fixture('watttime-historical')
  const world = fakeWorld((url) => ({ body: url.pathname === '/login' ? { token: 'abcdef' } : reply }), {
    env,
  })
  const source = await openIntensitySource(wattTimeSource, { region: 'CAISO_NORTH' }, world)
  const begin = at('2022-04-22T00:00:00Z')
  const curve = await readIntensity(source, begin, begin + 600, { log: world.log })
  expect(curve.integrate([{ from: begin, to: begin + 600, joules: 3.6e6 }]).gramsCo2e).toBeCloseTo(
    ((999.99 + 870) / 2) * 0.45359237,
    9,
  )
  expect(world.said).toEqual([])
})
