import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import {
  type IntensitySourceFactory,
  type IntensityStep,
  openIntensitySource,
  readForecast,
} from '../src/index.ts'
import {
  bundledSource,
  constantSource,
  csvSource,
  electricityMapsSource,
  energiDataServiceSource,
  prometheusSource,
  ukSource,
  wattTimeSource,
} from '../src/sources.ts'
import {
  type Answer,
  at,
  env,
  type FakeWorld,
  failureOf,
  fakeWorld,
  fixture,
  login,
  service,
} from './fake-world.ts'

interface Case {
  readonly factory: IntensitySourceFactory<never>
  readonly options: unknown
  /** A reply as its maker documents it. */
  readonly reply: Record<string, unknown>
  /** The name of the list in it, and of the figure in an entry. */
  readonly without: (reply: Record<string, unknown>) => unknown
  readonly now: number
  readonly address: RegExp
  readonly figures: readonly (readonly [from: string, seconds: number, grams: number])[]
}

/** Grams per kWh of pounds per MWh. */
const grams = (pounds: number) => (pounds * 453.59237) / 1000

const electricityMaps = fixture('electricity-maps-forecast') as { forecast: object[] }
const uk = fixture('carbonintensity-uk-forecast') as { data: { from: string; to: string }[] }
const watttime = fixture('watttime-forecast') as { data: object[]; meta: object }
const denmark = fixture('energi-data-service-forecast') as { records: object[] }

const cases: Record<string, Case> = {
  'electricity-maps': {
    factory: electricityMapsSource,
    options: { zone: 'DE' },
    reply: electricityMaps as never,
    without: (reply) => ({
      ...reply,
      forecast: electricityMaps.forecast.map((one) => ({ ...one, carbonIntensity: null })),
    }),
    now: at('2023-05-02T20:00:00Z'),
    address:
      /\/v4\/carbon-intensity\/forecast\?zone=DE&horizonHours=24&.*shouldUseFallbackCallerLookup=false/,
    figures: [
      ['2023-05-02T20:00:00Z', 3600, 557],
      ['2023-05-02T21:00:00Z', 3600, 552],
    ],
  },
  watttime: {
    factory: wattTimeSource,
    options: { region: 'CAISO_NORTH' },
    reply: watttime as never,
    without: (reply) => ({ ...reply, data: watttime.data.map((one) => ({ ...one, value: null })) }),
    now: at('2026-05-03T10:00:00Z'),
    address: /\/v3\/forecast\?region=CAISO_NORTH&signal_type=co2_moer&horizon_hours=20$/,
    figures: [
      ['2026-05-03T10:00:00Z', 300, grams(1000)],
      ['2026-05-03T10:05:00Z', 300, grams(870.5)],
      ['2026-05-03T10:10:00Z', 300, 0],
    ],
  },
  'carbonintensity-uk': {
    factory: ukSource,
    options: undefined,
    reply: uk as never,
    without: () => ({
      data: uk.data.map((one) => ({ ...one, intensity: { forecast: null, actual: null } })),
    }),
    now: at('2020-05-21T21:00:00Z'),
    address: /\/intensity\/2020-05-21T21:00Z\/fw24h$/,
    // The half-hour that ends at the first instant is left out.
    figures: [
      ['2020-05-21T21:00:00Z', 1800, 177],
      ['2020-05-21T21:30:00Z', 1800, 161],
    ],
  },
  'energi-data-service': {
    factory: energiDataServiceSource,
    options: { area: 'DK1' },
    reply: denmark as never,
    without: () => ({ records: denmark.records.map((one) => ({ ...one, CO2Emission: null })) }),
    now: at('2023-12-20T12:00:00Z'),
    address: /\/dataset\/CO2EmisProg\?/,
    figures: [
      ['2023-12-20T12:00:00Z', 300, 94],
      ['2023-12-20T12:05:00Z', 300, 91.5],
    ],
  },
}

function figuresOf(steps: readonly IntensityStep[]) {
  return steps.map(({ from, to = Number.NaN, gramsPerKilowattHour }) => [
    from,
    to - from,
    gramsPerKilowattHour,
  ])
}

async function forecastOf({ factory, options, now }: Case, world: FakeWorld, hours = 20) {
  const source = await openIntensitySource(factory, options, world)
  if (source.forecast === undefined) throw new Error('expected a forecast')
  return source.forecast(now, now + hours * 3600)
}

describe.each(Object.entries(cases))('the forecast of %s', (name, given) => {
  const worldOf = (reply: Answer) => fakeWorld(service(reply), { env, now: given.now })

  test('is what its maker documents, all of it estimated, of one kind and basis', async () => {
    const world = worldOf({ body: given.reply })
    const steps = await forecastOf(given, world)
    const expected = given.figures.map(([from, seconds, figure]) => [at(from), seconds, figure])
    expect(figuresOf(steps).slice(0, expected.length)).toEqual(expected)
    const { kind, basis, zone } = await openIntensitySource(given.factory, given.options, world)
    for (const step of steps) expect(step).toMatchObject({ kind, basis, zone, source: name, estimated: true })
    expect(world.requests.at(-1)?.url.href).toMatch(given.address)
  })

  test('leaves out what is null: it is no 0', async () => {
    expect(await forecastOf(given, worldOf({ body: given.without(given.reply) }))).toEqual([])
  })

  test('is asked for when it is wanted, and not before', async () => {
    const world = worldOf({ body: given.reply })
    await openIntensitySource(given.factory, given.options, world)
    expect(world.requests).toEqual([])
  })

  test.each<[string, Answer, string]>([
    ['401', { status: 401 }, 'SOURCE_TOKEN_REFUSED'],
    ['404', { status: 404, body: { error: 'no forecast' } }, 'SOURCE_REFUSED'],
    ['429', { status: 429, headers: { 'retry-after': '1' } }, 'SOURCE_LIMITED'],
    ['500', { status: 500 }, 'SOURCE_UNREACHABLE'],
    ['silence', 'silence', 'SOURCE_UNREACHABLE'],
    ['HTML', { body: '<html></html>' }, 'SOURCE_REPLY_INVALID'],
    ['another shape', { body: { forecast: 'none' } }, 'SOURCE_REPLY_INVALID'],
  ])('%s is an error with a code, on one line, without a secret', async (_, answer, code) => {
    const world = worldOf(answer)
    const error = await failureOf(forecastOf(given, world))
    expect(error).toMatchObject({ code, message: expect.stringContaining(name) })
    expect(error.message).not.toContain('\n')
    for (const secret of ['em-secret-token', 'wt-secret', login.token]) {
      expect(JSON.stringify([error.message, world.said])).not.toContain(secret)
    }
  })
})

test.each([
  [2, 'horizonHours=6'],
  [24, 'horizonHours=24'],
  [25, 'horizonHours=48'],
  [200, 'horizonHours=72'],
])('of Electricity Maps the horizon that reaches %d h', async (hours, expected) => {
  const given = cases['electricity-maps'] as Case
  const world = fakeWorld([{ body: given.reply }], { env, now: given.now })
  await forecastOf(given, world, hours)
  expect(world.requests[0]?.url.search).toContain(expected)
})

test('of Electricity Maps a forecast is asked for by those too who want no estimates of what was', async () => {
  const given = { ...(cases['electricity-maps'] as Case), options: { zone: 'DE', estimations: false } }
  const world = fakeWorld([{ body: given.reply }], { env, now: given.now })
  expect(await forecastOf(given, world)).not.toEqual([])
  expect(world.requests[0]?.url.search).not.toContain('disableEstimations')
})

test('of Electricity Maps a forecast of another basis or zone is not believed', async () => {
  const { reply, now } = cases['electricity-maps'] as Case
  for (const [options, body] of [
    // Without a word of it, a forecast is of the lifecycle.
    [{ zone: 'DE', basis: 'direct' }, reply],
    [{ zone: 'DE' }, { ...reply, emissionFactorType: 'direct' }],
    [{ zone: 'FR' }, reply],
  ] as const) {
    const given = { ...(cases['electricity-maps'] as Case), options }
    const error = await failureOf(forecastOf(given, fakeWorld([{ body }], { env, now })))
    expect(error).toMatchObject({ code: 'SOURCE_REPLY_INVALID' })
  }
})

test('of WattTime a percentile, and the average rate, are no forecast', async () => {
  const given = cases['watttime'] as Case
  const percentile = { ...watttime, meta: { ...watttime.meta, units: 'percentile' } }
  const world = fakeWorld(service({ body: percentile }), { env, now: given.now })
  expect(await failureOf(forecastOf(given, world))).toMatchObject({ code: 'SOURCE_REPLY_INVALID' })
  const options = { region: 'CAISO_NORTH', signal: 'co2_aoer' }
  expect((await openIntensitySource(wattTimeSource, options, world)).forecast).toBeUndefined()
})

test('of Great Britain two days are asked for where one does not do', async () => {
  const given = cases['carbonintensity-uk'] as Case
  const world = fakeWorld([{ body: given.reply }], { now: given.now })
  await forecastOf(given, world, 30)
  expect(world.requests[0]?.url.pathname).toBe('/intensity/2020-05-21T21:00Z/fw48h')
})

const folder = mkdtempSync(join(tmpdir(), 'ergometer-forecast-'))
afterAll(() => rmSync(folder, { recursive: true }))

async function csv(...rows: string[]) {
  const path = join(folder, 'intensity.csv')
  writeFileSync(path, ['time,gramsPerKilowattHour', ...rows, ''].join('\n'))
  const source = await openIntensitySource(csvSource, { path }, fakeWorld([]))
  const steps = await source.forecast?.(at('2026-10-25T00:00:00Z'), at('2026-10-26T00:00:00Z'))
  return figuresOf(steps ?? [])
}

test('of a CSV the last row holds as long as the one before it, and the hour that autumn has twice is two', async () => {
  expect(
    await csv('2026-10-25T02:00+02:00,300', '2026-10-25T02:00+01:00,200', '2026-10-25T03:00+01:00,100'),
  ).toEqual([
    [at('2026-10-25T00:00:00Z'), 3600, 300],
    [at('2026-10-25T01:00:00Z'), 3600, 200],
    [at('2026-10-25T02:00:00Z'), 3600, 100],
  ])
})

test('of a CSV an empty figure is a gap, and one row says nothing of when', async () => {
  expect(
    await csv('2026-10-25T00:00Z,300', '2026-10-25T01:00Z,', '2026-10-25T02:00Z,0', '2026-10-25T03:00Z,'),
  ).toEqual([
    [at('2026-10-25T00:00:00Z'), 3600, 300],
    [at('2026-10-25T02:00:00Z'), 3600, 0],
  ])
  expect(await csv('2026-10-25T00:00Z,300')).toEqual([])
})

describe('readForecast', () => {
  test('what tells no future is refused by name', async () => {
    const world = fakeWorld([])
    const prometheus = { url: 'http://localhost:9090', query: 'grid', kind: 'average', basis: 'direct' }
    for (const [factory, options] of [
      [bundledSource, undefined],
      [constantSource, { gramsPerKilowattHour: 5 }],
      [prometheusSource, prometheus],
    ] as const) {
      const source = await openIntensitySource(factory as IntensitySourceFactory<never>, options, world)
      expect(await failureOf(readForecast(factory.sourceName, source, 0, 10))).toMatchObject({
        code: 'SOURCE_NO_FORECAST',
        message: expect.stringContaining(factory.sourceName),
      })
    }
  })

  test('until an hourly forecast begins, the last figure holds, to its own end', async () => {
    const now = at('2023-05-02T19:52:00Z')
    const latest = {
      zone: 'DE',
      carbonIntensity: 600,
      datetime: '2023-05-02T19:00:00.000Z',
      emissionFactorType: 'lifecycle',
    }
    const answers = (url: URL): Answer =>
      url.pathname.endsWith('/latest') ? { body: latest } : { body: electricityMaps }
    const world = fakeWorld(answers, { env, now })
    const source = await openIntensitySource(electricityMapsSource, { zone: 'DE' }, world)
    const curve = await readForecast('electricity-maps', source, now, now + 86_400)
    expect(curve.at(now)?.gramsPerKilowattHour).toBe(600)
    expect(curve.at(at('2023-05-02T20:00:00Z'))?.gramsPerKilowattHour).toBe(557)
    expect(curve.at(at('2023-05-03T04:00:00Z'))).toBeUndefined()
  })

  test('a last figure that cannot be had leaves the gap', async () => {
    const now = at('2023-05-02T19:52:00Z')
    const answers = (url: URL): Answer =>
      url.pathname.endsWith('/latest') ? { status: 404 } : { body: electricityMaps }
    const world = fakeWorld(answers, { env, now })
    const source = await openIntensitySource(electricityMapsSource, { zone: 'DE' }, world)
    const curve = await readForecast('electricity-maps', source, now, now + 86_400)
    expect(curve.gaps(now, now + 3600)).toEqual([{ from: now, to: at('2023-05-02T20:00:00Z') }])
  })
})
