import { describe, expect, test } from 'vitest'
import {
  defineIntensitySource,
  type IntensitySourceFactory,
  type IntensityStep,
  isIntensitySourceFactory,
  openIntensitySource,
  realSourceContext,
} from '../src/index.ts'
import {
  bundledSource,
  constantSource,
  csvSource,
  findIntensitySource,
  intensitySources,
} from '../src/sources.ts'
import { fakeWorld } from './fake-world.ts'

const good: IntensityStep = {
  from: 100,
  to: 200,
  gramsPerKilowattHour: 5,
  kind: 'average',
  basis: 'lifecycle',
  source: 'mine',
  estimated: false,
}

function mine(steps: unknown, labels: object = {}): IntensitySourceFactory<never> {
  return defineIntensitySource(import.meta.url, {
    name: 'mine',
    open: () => ({
      kind: 'average' as const,
      basis: 'lifecycle' as const,
      ...labels,
      latest: async () => (steps as IntensityStep[])[0],
      history: async () => {
        if (steps instanceof Error) throw steps
        return steps as IntensityStep[]
      },
    }),
  })
}

async function history(factory: IntensitySourceFactory<never>, from = 0, to = 1000) {
  return (await openIntensitySource(factory, undefined, fakeWorld([]))).history(from, to)
}

describe('a source of one’s own', () => {
  test('is a value that can be sent, and is known by its brand', () => {
    expect(csvSource({ path: 'grid.csv' })).toEqual({
      module: expect.stringMatching(/csv-source\.ts$/),
      source: 'csv',
      options: { path: 'grid.csv' },
    })
    expect(isIntensitySourceFactory(csvSource)).toBe(true)
    expect(isIntensitySourceFactory(() => {})).toBe(false)
    expect(() => defineIntensitySource('', { name: 'My source', open: () => ({}) as never })).toThrow(
      expect.objectContaining({ code: 'SOURCE_INVALID' }),
    )
  })

  test('tells steps in order, of the time that was asked for', async () => {
    const late = { ...good, from: 300, to: 400 }
    const { to: _, ...open } = { ...good, from: 500 }
    expect(await history(mine([late, good, open]))).toEqual([good, late, open])
    expect(await history(mine([late, good, open]), 200, 300)).toEqual([])
    expect(await history(mine([late, good, open]), 400, 501)).toEqual([open])
  })

  test.each([
    ['of another kind', { ...good, kind: 'marginal' }],
    ['of another basis', { ...good, basis: 'direct' }],
    ['in another unit', { ...good, gramsPerKilowattHour: 5001 }],
    ['below 0, as some write what they do not know', { ...good, gramsPerKilowattHour: -1 }],
    ['that is no number', { ...good, gramsPerKilowattHour: null as unknown as number }],
    ['that ends before it begins', { ...good, to: 50 }],
    ['that begins at no time', { ...good, from: Number.NaN }],
  ])('is not believed a figure %s', async (_, step) => {
    // 0 and null compare alike.
    const wrong = step.gramsPerKilowattHour === null ? { ...step, gramsPerKilowattHour: Number.NaN } : step
    await expect(history(mine([wrong]))).rejects.toMatchObject({ code: 'SOURCE_REPLY_INVALID' })
  })

  test('that throws anything throws a CarbonError of one line', async () => {
    const error = await history(mine(new TypeError('x is undefined\n    at y'))).catch((thrown) => thrown)
    expect(error).toMatchObject({
      name: 'CarbonError',
      code: 'SOURCE_REPLY_INVALID',
      message: 'Intensity source mine: x is undefined',
      cause: expect.any(TypeError),
    })
  })

  test('without options takes none', async () => {
    const error = openIntensitySource(mine([]), { a: 1 }, fakeWorld([]))
    await expect(error).rejects.toMatchObject({ code: 'SOURCE_OPTIONS_INVALID' })
  })
})

test('sources go by the names that --source takes', () => {
  expect(intensitySources.map(({ sourceName }) => sourceName)).toEqual([
    'bundled',
    'constant',
    'csv',
    'electricity-maps',
    'watttime',
    'carbonintensity-uk',
    'energi-data-service',
    'prometheus',
  ])
  for (const source of intensitySources) expect(findIntensitySource(source.sourceName)).toBe(source)
  expect(() => findIntensitySource('gridcarbon')).toThrow(
    'Unknown intensity source "gridcarbon": expected one of bundled, constant, csv,',
  )
})

test.each([
  ['constant', {}, 'gramsPerKilowattHour: expected g/kWh, at least 0'],
  ['constant', { gramsPerKilowattHour: '5' }, 'gramsPerKilowattHour: expected g/kWh, at least 0'],
  ['constant', { gramsPerKilowattHour: -5 }, 'gramsPerKilowattHour: expected g/kWh, at least 0'],
  ['csv', {}, 'path: expected a text'],
  ['csv', { path: 'x', kind: 'mean' }, 'kind: expected average or marginal'],
  ['csv', [], 'expected an object'],
  ['watttime', { region: 'PJM_DC', signal: 'signal_index' }, 'signal: expected co2_moer or co2_aoer'],
  ['energi-data-service', { area: 'DK3' }, 'area: expected DK1'],
  ['carbonintensity-uk', { url: 'ftp://x' }, 'url: expected an address'],
  [
    'prometheus',
    { url: 'http://x', query: 'y' },
    'kind: expected average or marginal; basis: expected lifecycle or direct',
  ],
  [
    'prometheus',
    { url: 'http://x', query: 'y', kind: 'average', basis: 'direct', stepSeconds: 0 },
    'stepSeconds: expected at least 1 s',
  ],
])('%s: options %j are refused with the path', async (name, options, why) => {
  await expect(openIntensitySource(findIntensitySource(name), options, fakeWorld([]))).rejects.toMatchObject({
    code: 'SOURCE_OPTIONS_INVALID',
    message: expect.stringContaining(`Intensity source ${name}, options: ${why}`),
  })
})

describe('constant and bundled', () => {
  test('a constant holds at all times, 0 too', async () => {
    const source = await openIntensitySource(
      constantSource,
      { gramsPerKilowattHour: 0, zone: 'IS' },
      fakeWorld([]),
    )
    expect(await source.history(10, 20)).toEqual([
      {
        from: 10,
        to: 20,
        gramsPerKilowattHour: 0,
        kind: 'average',
        basis: 'lifecycle',
        source: 'constant',
        zone: 'IS',
        estimated: false,
      },
    ])
  })

  test('the yearly figure of the zone, with its attribution', async () => {
    const source = await openIntensitySource(bundledSource, undefined, fakeWorld([], { zone: 'FR' }))
    expect(source).toMatchObject({
      zone: 'FR',
      kind: 'average',
      basis: 'lifecycle',
      terms: expect.stringContaining('CC BY 4.0'),
    })
    expect(await source.latest()).toMatchObject({ gramsPerKilowattHour: 44.18, estimated: false })
    const cloud = await openIntensitySource(bundledSource, { zone: 'gcp:europe-north1' }, fakeWorld([]))
    expect(cloud).toMatchObject({ basis: 'direct', terms: expect.stringContaining('Apache-2.0') })
  })

  test('an unknown zone is the world, as an estimate; one that the table lacks is an error', async () => {
    const world = await openIntensitySource(bundledSource, undefined, fakeWorld([]))
    expect(await world.latest()).toMatchObject({
      gramsPerKilowattHour: 472.94,
      zone: 'WORLD',
      estimated: true,
    })
    const lacking = openIntensitySource(bundledSource, { zone: 'US-PR' }, fakeWorld([]))
    await expect(lacking).rejects.toMatchObject({ code: 'ZONE_UNKNOWN' })
  })
})

test('the real world waits, and no longer than anybody waits for it', async () => {
  const { clock, sleep, timeout, chance } = realSourceContext()
  const gone = new AbortController()
  const waiting = sleep(3600, gone.signal)
  gone.abort()
  await waiting
  await sleep(3600, gone.signal)
  await sleep(0.001, new AbortController().signal)
  expect(Math.abs(clock() - Date.now() / 1000)).toBeLessThan(60)
  expect(timeout(60).aborted).toBe(false)
  expect(chance()).toBeLessThan(1)
})
