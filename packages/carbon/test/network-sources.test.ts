import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  type IntensitySourceFactory,
  type IntensityStep,
  openIntensitySource,
  probeIntensitySource,
} from '../src/index.ts'
import {
  electricityMapsSource,
  energiDataServiceSource,
  prometheusSource,
  ukSource,
  wattTimeSource,
} from '../src/sources.ts'
import { type Answer, at, env, type FakeWorld, fakeWorld, fixture, login, service } from './fake-world.ts'

interface Case {
  readonly factory: IntensitySourceFactory<never>
  readonly options: unknown
  /** A reply as its maker documents it. */
  readonly reply: unknown
  /** The same with a figure of null, or NaN. */
  readonly missing: unknown
  /** Replies that are JSON, and not to be believed. */
  readonly wrong: Readonly<Record<string, unknown>>
  readonly from: number
  readonly to: number
}

const electricityMaps = fixture('electricity-maps-history') as { history: Record<string, unknown>[] }
const watttime = fixture('watttime-historical') as { data: Record<string, unknown>[]; meta: object }
const uk = fixture('carbonintensity-uk') as { data: Record<string, unknown>[] }
const denmark = fixture('energi-data-service') as { records: Record<string, unknown>[] }
const range = fixture('prometheus-range') as { data: { result: Record<string, unknown>[] } }

/** A documented reply of one series. */
function prometheusReply(values: unknown, more: object = {}) {
  return { status: 'success', data: { resultType: 'matrix', result: [{ metric: {}, values }] }, ...more }
}

const cases: Record<string, Case> = {
  'electricity-maps': {
    factory: electricityMapsSource,
    options: { zone: 'DE' },
    reply: electricityMaps,
    missing: {
      ...electricityMaps,
      history: electricityMaps.history.map((one) => ({ ...one, carbonIntensity: null })),
    },
    wrong: {
      'another zone': { history: [{ ...electricityMaps.history[0], zone: 'FR' }] },
      'another basis': { history: [{ ...electricityMaps.history[0], emissionFactorType: 'direct' }] },
      'text for a figure': { history: [{ ...electricityMaps.history[0], carbonIntensity: '503' }] },
      'a time without its zone': {
        history: [{ ...electricityMaps.history[0], datetime: '2024-03-06T12:00:00' }],
      },
      'mg for g': { history: [{ ...electricityMaps.history[0], carbonIntensity: 503_000 }] },
      'a negative figure': { history: [{ ...electricityMaps.history[0], carbonIntensity: -1 }] },
      'no list': { status: 'no-data', data: {} },
    },
    from: at('2024-03-06T12:00:00Z'),
    to: at('2024-03-06T20:00:00Z'),
  },
  watttime: {
    factory: wattTimeSource,
    options: { region: 'CAISO_NORTH' },
    reply: watttime,
    missing: { ...watttime, data: watttime.data.map((one) => ({ ...one, value: null })) },
    wrong: {
      'a percentile': {
        ...watttime,
        meta: { ...watttime.meta, signal_type: 'signal_index', units: 'percentile' },
      },
      'another unit': { ...watttime, meta: { ...watttime.meta, units: 'kg_co2_per_mwh' } },
      'no unit': { ...watttime, meta: { region: 'CAISO_NORTH' } },
      'another region': { ...watttime, meta: { ...watttime.meta, region: 'PJM_DC' } },
      'another signal': { ...watttime, meta: { ...watttime.meta, signal_type: 'co2_aoer' } },
      'no list': { meta: watttime.meta },
    },
    from: at('2022-04-22T00:00:00Z'),
    to: at('2022-04-22T00:10:00Z'),
  },
  'carbonintensity-uk': {
    factory: ukSource,
    options: undefined,
    reply: uk,
    missing: { data: [uk.data[2]] },
    wrong: {
      'an error': { error: { code: '400 Bad Request', message: 'string' } },
      'a time without its zone': { data: [{ ...uk.data[0], from: '2018-01-20T12:00' }] },
      'an end before its beginning': { data: [{ ...uk.data[0], to: '2018-01-20T11:30Z' }] },
      'a text for a figure': { data: [{ ...uk.data[0], intensity: { actual: 'moderate' } }] },
    },
    from: at('2018-01-20T12:00:00Z'),
    to: at('2018-01-20T13:30:00Z'),
  },
  'energi-data-service': {
    factory: energiDataServiceSource,
    options: { area: 'DK1' },
    reply: denmark,
    missing: { records: [{ ...denmark.records[0], CO2Emission: null }] },
    wrong: {
      'another area': { records: [{ ...denmark.records[0], PriceArea: 'DK2' }] },
      'Danish time alone': { records: [{ ...denmark.records[0], Minutes5UTC: undefined }] },
      'no time': { records: [{ ...denmark.records[0], Minutes5UTC: 'noon' }] },
      'no list': { total: 0 },
    },
    from: at('2023-12-20T12:00:00Z'),
    to: at('2023-12-20T12:05:00Z'),
  },
  prometheus: {
    factory: prometheusSource,
    options: {
      url: 'http://localhost:9090',
      query: 'grid',
      kind: 'average',
      basis: 'direct',
      stepSeconds: 15,
    },
    reply: prometheusReply(range.data.result[0]?.['values']),
    missing: prometheusReply([[1435781430, 'NaN']]),
    wrong: {
      'two series': range,
      'instants for a range': fixture('prometheus-instant'),
      'an error': { status: 'error', errorType: 'bad_data', error: 'parse error' },
      infinity: prometheusReply([[1435781430, '+Inf']]),
      'more than can be': prometheusReply([[1435781430, '999999']]),
    },
    from: 1435781430,
    to: 1435781475,
  },
}

function open({ factory, options }: Case, world: FakeWorld) {
  return openIntensitySource(factory, options, world)
}

function figures(steps: readonly IntensityStep[]) {
  return steps.map(({ from, to = 0, gramsPerKilowattHour, estimated }) => [
    from,
    to - from,
    gramsPerKilowattHour,
    estimated,
  ])
}

describe.each(Object.entries(cases))('%s', (name, given) => {
  const { from, to } = given
  const worldOf = (reply: Answer) => fakeWorld(service(reply), { env, now: to + 60 })

  test('tells what its maker documents, in steps of one kind and basis', async () => {
    const source = await open(given, worldOf({ body: given.reply }))
    const steps = await source.history(from, to)
    expect(steps.length).toBeGreaterThan(0)
    for (const step of steps) {
      expect(step).toMatchObject({ kind: source.kind, basis: source.basis, source: name })
      expect(step.zone).toBe(source.zone)
    }
  })

  test('leaves out what is missing: it is no 0', async () => {
    const source = await open(given, worldOf({ body: given.missing }))
    expect(await source.history(from, to)).toEqual([])
  })

  test.each(Object.entries(given.wrong))('does not believe %s', async (_, body) => {
    const source = await open(given, worldOf({ body }))
    const error = await source.history(from, to).catch((thrown) => thrown)
    expect(error).toMatchObject({ code: 'SOURCE_REPLY_INVALID', message: expect.stringContaining(name) })
    expect(error.message).not.toContain('\n')
  })

  test.each<[string, Answer, string]>([
    ['401', { status: 401 }, 'SOURCE_TOKEN_REFUSED'],
    ['429', { status: 429, headers: { 'retry-after': '1' } }, 'SOURCE_LIMITED'],
    ['500', { status: 500 }, 'SOURCE_UNREACHABLE'],
    ['silence', 'silence', 'SOURCE_UNREACHABLE'],
    ['HTML', { body: '<html></html>' }, 'SOURCE_REPLY_INVALID'],
  ])('%s is an error with a code, and without a secret', async (_, answer, code) => {
    const world = worldOf(answer)
    const source = await open(given, world)
    const error = await source.history(from, to).catch((thrown) => thrown)
    expect(error).toMatchObject({ code })
    for (const secret of ['em-secret-token', 'wt-secret', login.token]) {
      expect(JSON.stringify([error.message, world.said])).not.toContain(secret)
    }
  })

  test('takes no secret as an option', async () => {
    const options = { ...(given.options as object), token: 'em-secret-token' }
    const error = await open({ ...given, options }, worldOf({})).catch((thrown) => thrown)
    expect(error).toMatchObject({
      code: 'SOURCE_OPTIONS_INVALID',
      message: expect.stringContaining('unknown: token'),
    })
    expect(error.message).not.toContain('em-secret-token')
  })

  test('asks nothing before it is asked', async () => {
    const world = worldOf({ body: given.reply })
    await open(given, world)
    expect(world.requests).toEqual([])
  })
})

describe('the night on which clocks are set back', () => {
  // 02:00 to 03:00 comes twice in Germany and Denmark, 01:00 to 02:00 in Britain; 2024-03-31 has an hour less.
  const nights: [day: string, local: (hour: number) => string][] = [
    ['2024-10-27', (hour) => `2024-10-27T0${[2, 2, 3][hour]}:00:00`],
    ['2024-03-31', (hour) => `2024-03-31T0${[1, 3, 4][hour]}:00:00`],
  ]
  const utc = (seconds: number) => new Date(seconds * 1000).toISOString()
  const minute = (seconds: number) => `${utc(seconds).slice(0, 16)}Z`
  /** What each service says of an hour, by the period in which it tells its figures. */
  const tellers: Record<
    string,
    [period: number, reply: (at: number[], local: (hour: number) => string) => unknown]
  > = {
    'electricity-maps': [
      3600,
      (times) => ({
        data: times.map((time) => ({
          ...electricityMaps.history[0],
          datetime: utc(time),
          carbonIntensity: time % 1000,
        })),
      }),
    ],
    watttime: [
      300,
      (times) => ({
        ...watttime,
        data: times.map((time) => ({ point_time: utc(time), value: time % 1000 })),
      }),
    ],
    'carbonintensity-uk': [
      1800,
      (times) => ({
        data: times.map((time) => ({
          from: minute(time),
          to: minute(time + 1800),
          intensity: { forecast: 1, actual: time % 1000 },
        })),
      }),
    ],
    'energi-data-service': [
      300,
      (times, local) => ({
        records: times.map((time, index) => ({
          Minutes5UTC: utc(time).slice(0, 19),
          Minutes5DK: local(Math.floor(index / 12)),
          PriceArea: 'DK1',
          CO2Emission: time % 1000,
        })),
      }),
    ],
    prometheus: [15, (times) => prometheusReply(times.map((time) => [time, String(time % 1000)]))],
  }
  test.each(nights.flatMap(([day, local]) => Object.keys(cases).map((name) => [day, name, local] as const)))(
    '%s: %s tells each hour once',
    async (day, name, local) => {
      const [period, reply] = tellers[name] as (typeof tellers)[string]
      const from = at(`${day}T00:00:00Z`)
      const times = Array.from({ length: 10_800 / period }, (_, index) => from + index * period)
      const world = fakeWorld(service({ body: reply(times, local) }), { env, now: from + 40 * 86_400 })
      const steps = await (await open(cases[name] as Case, world)).history(from, from + 10_800)
      expect(steps.map((step) => [step.from, step.to])).toEqual(times.map((time) => [time, time + period]))
      const pounds = name === 'watttime' ? 0.45359237 : 1
      steps.forEach((step, index) => {
        expect(step.gramsPerKilowattHour).toBeCloseTo(((times[index] as number) % 1000) * pounds, 9)
      })
    },
  )
})

describe('electricity-maps', () => {
  const given = cases['electricity-maps'] as Case

  test('gaps stay gaps, and estimates are said to be', async () => {
    const source = await open(given, fakeWorld([{ body: given.reply }], { env, now: given.to }))
    expect(figures(await source.history(given.from, given.to))).toEqual([
      [at('2024-03-06T12:00:00Z'), 3600, 503, false],
      [at('2024-03-06T13:00:00Z'), 3600, 526, false],
      [at('2024-03-06T18:00:00Z'), 3600, 663, true],
      [at('2024-03-06T19:00:00Z'), 3600, 689, true],
    ])
  })

  test('asks for one zone and basis, never for the caller’s own place', async () => {
    const world = fakeWorld([{ body: given.reply }], { env, now: given.to })
    await (await open(given, world)).history(given.from, given.to)
    const [{ url, headers } = { url: new URL('http://none'), headers: {} }] = world.requests
    expect(`${url.origin}${url.pathname}`).toBe('https://api.electricitymaps.com/v4/carbon-intensity/history')
    expect(Object.fromEntries(url.searchParams)).toEqual({
      zone: 'DE',
      emissionFactorType: 'lifecycle',
      temporalGranularity: 'hourly',
      shouldUseFallbackCallerLookup: 'false',
    })
    expect(headers).toMatchObject({ 'auth-token': 'em-secret-token' })
  })

  test('the past is asked for ten days at a time', async () => {
    const world = fakeWorld([{ body: { data: electricityMaps.history } }], {
      env,
      now: given.to + 40 * 86_400,
    })
    const steps = await (await open(given, world)).history(given.from, given.from + 15 * 86_400)
    expect(
      world.requests.map(({ url }) => [url.pathname.split('/').at(-1), url.searchParams.get('start')]),
    ).toEqual([
      ['past-range', '2024-03-06T12:00:00.000Z'],
      ['past-range', '2024-03-16T12:00:00.000Z'],
    ])
    expect(steps.length).toBeGreaterThan(0)
  })

  test('a plan without the past still gives the last day', async () => {
    const answer = (url: URL): Answer =>
      url.pathname.endsWith('/past-range') ? { status: 403, body: 'not in your plan' } : { body: given.reply }
    const world = fakeWorld(answer, { env, now: given.to + 60 })
    const source = await open(given, world)
    expect(await source.history(given.from - 5 * 86_400, given.to)).toHaveLength(4)
    expect(world.said).toEqual([
      expect.stringMatching(/^warning intensity-source-failed: .*not in your plan.*last day/),
    ])
    world.now += 2 * 86_400
    await expect(source.history(given.from - 5 * 86_400, given.to)).rejects.toThrow('not in your plan')
  })

  test('a cloud’s region is asked for as such, and its zone is not checked against ours', async () => {
    const body = fixture('electricity-maps-latest')
    const world = fakeWorld([{ body }], { env, zone: 'gcp:us-east1' })
    const source = await open({ ...given, options: {} }, world)
    expect(await source.latest()).toMatchObject({
      zone: 'gcp:us-east1',
      gramsPerKilowattHour: 216,
      estimated: true,
    })
    expect(
      Object.fromEntries((world.requests[0] as FakeWorld['requests'][0]).url.searchParams),
    ).toMatchObject({
      dataCenterProvider: 'gcp',
      dataCenterRegion: 'us-east1',
    })
  })

  test('a true 0 stays 0', async () => {
    const body = { history: [{ ...electricityMaps.history[0], carbonIntensity: 0 }] }
    const source = await open(given, fakeWorld([{ body }], { env, now: given.to }))
    expect(figures(await source.history(given.from, given.to))).toEqual([[given.from, 3600, 0, false]])
  })

  test('without a token it says which variable is empty', async () => {
    const world = fakeWorld([])
    await expect(open(given, world)).rejects.toMatchObject({
      code: 'SOURCE_TOKEN_MISSING',
      message: expect.stringContaining('set ELECTRICITY_MAPS_TOKEN, or name another variable with tokenEnv'),
    })
    const options = { zone: 'DE', tokenEnv: 'MINE' }
    await expect(open({ ...given, options }, world)).rejects.toThrow('set MINE')
    await expect(
      open({ ...given, options: { zone: 'DE', tokenEnv: 'a-token-itself' } }, world),
    ).rejects.toMatchObject({
      code: 'SOURCE_OPTIONS_INVALID',
      message: expect.not.stringContaining('a-token-itself'),
    })
  })

  test('a token may lie in a file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'token-'))
    try {
      const tokenFile = join(folder, 'token')
      const world = fakeWorld([{ body: fixture('electricity-maps-latest') }])
      const options = { zone: 'US-CAR-DUK', tokenFile }
      await expect(open({ ...given, options }, world)).rejects.toMatchObject({ code: 'SOURCE_TOKEN_MISSING' })
      writeFileSync(tokenFile, 'from-a-file\n')
      await (await open({ ...given, options }, world)).latest()
      expect(world.requests[0]?.headers).toMatchObject({ 'auth-token': 'from-a-file' })
      writeFileSync(tokenFile, 'two\r\nlines: of-a-header\n')
      await expect(open({ ...given, options }, world)).rejects.toMatchObject({ code: 'SOURCE_TOKEN_MISSING' })
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  test.each([undefined, '', 'Germany', 'D', '../login'])(
    'zone %j is none, and never guessed',
    async (zone) => {
      const world = fakeWorld([], { env })
      const error = open({ ...given, options: zone === '' ? {} : { zone } }, world)
      await expect(error).rejects.toMatchObject({ code: 'SOURCE_ZONE_UNKNOWN' })
    },
  )
})

describe('watttime', () => {
  const given = cases['watttime'] as Case
  const { from, to } = given

  test('pounds a megawatt-hour become grams a kilowatt-hour, marginal and direct', async () => {
    const source = await open(given, fakeWorld(service({ body: given.reply }), { env, now: to }))
    expect(source).toMatchObject({ kind: 'marginal', basis: 'direct', zone: 'watttime:CAISO_NORTH' })
    const [first, second] = await source.history(from, to)
    // 999.99 lb/MWh * 0.45359237 kg/lb
    expect(first?.gramsPerKilowattHour).toBeCloseTo(453.587834, 6)
    expect([first?.estimated, second?.estimated]).toEqual([false, true])
  })

  test('the average rate is average', async () => {
    const body = { ...watttime, meta: { ...watttime.meta, signal_type: 'co2_aoer' } }
    const options = { region: 'CAISO_NORTH', signal: 'co2_aoer' }
    const source = await open({ ...given, options }, fakeWorld(service({ body }), { env, now: to }))
    expect(source.kind).toBe('average')
    expect(await source.history(from, to)).toHaveLength(2)
  })

  test('logs in once, and again when its token ends or is refused', async () => {
    let refused = false
    const world = fakeWorld(
      (url) => {
        if (url.pathname === '/login') return { body: login }
        if (!refused) return { body: given.reply }
        refused = false
        return { status: 401 }
      },
      { env, now: to },
    )
    const source = await open(given, world)
    const logins = () => world.requests.filter(({ url }) => url.pathname === '/login').length
    await source.history(from, to)
    await source.history(from, to)
    expect(logins()).toBe(1)
    refused = true
    expect(await source.history(from, to)).toHaveLength(2)
    expect(logins()).toBe(2)
    world.now += 1800
    await source.history(from, to)
    expect(logins()).toBe(3)
    expect(world.requests[0]?.headers).toMatchObject({
      authorization: `Basic ${Buffer.from('freddo:wt-secret').toString('base64')}`,
    })
    expect(world.requests[1]?.headers).toMatchObject({ authorization: `Bearer ${login.token}` })
  })

  test('a region outside of the plan is not asked for in a circle', async () => {
    const world = fakeWorld(service({ status: 403, body: 'not in your plan' }), { env, now: to })
    await expect((await open(given, world)).history(from, to)).rejects.toThrow('not in your plan')
    expect(world.requests).toHaveLength(2)
  })
})

describe('carbonintensity-uk', () => {
  const given = cases['carbonintensity-uk'] as Case

  test('a forecast stands in for what is not known yet, and is said to', async () => {
    const world = fakeWorld([{ body: given.reply }], { now: given.to })
    const source = await open(given, world)
    expect(figures(await source.history(given.from, given.to))).toEqual([
      [at('2018-01-20T12:00:00Z'), 1800, 263, false],
      [at('2018-01-20T12:30:00Z'), 1800, 270, true],
    ])
    expect(world.requests[0]?.url.pathname).toBe('/intensity/2018-01-20T12:00Z/2018-01-20T13:30Z')
    expect(source.terms).toContain('CC BY 4.0')
  })

  test('what it tells beyond the time that was asked for is left out', async () => {
    const source = await open(given, fakeWorld([{ body: given.reply }], { now: given.to }))
    expect(await source.history(given.from + 1800, given.to)).toHaveLength(1)
  })

  test('more than 14 days are asked for in parts', async () => {
    const world = fakeWorld([{ body: { data: [] } }], { now: given.to + 40 * 86_400 })
    await (await open(given, world)).history(given.from, given.from + 20 * 86_400)
    expect(world.requests.map(({ url }) => url.pathname)).toEqual([
      '/intensity/2018-01-20T12:00Z/2018-02-03T12:00Z',
      '/intensity/2018-02-03T12:00Z/2018-02-09T12:00Z',
    ])
  })

  test('is not taken for another country', async () => {
    await expect(open(given, fakeWorld([], { zone: 'FR' }))).rejects.toMatchObject({
      code: 'SOURCE_ZONE_UNKNOWN',
    })
    expect(await open(given, fakeWorld([], { zone: 'GB' }))).toMatchObject({ zone: 'GB' })
  })
})

describe('energi-data-service', () => {
  const given = cases['energi-data-service'] as Case

  test('the reply that was recorded', async () => {
    const source = await open(given, fakeWorld([{ body: given.reply }], { now: given.to }))
    expect(figures(await source.history(given.from, given.to))).toEqual([[given.from, 300, 94, false]])
    expect(source).toMatchObject({ kind: 'average', basis: 'direct', zone: 'DK-DK1' })
  })

  test('the hour that autumn has twice is two hours', async () => {
    // 02:00 to 03:00 in Denmark on 2023-10-29: once in summer time (00:00 UTC), once in winter time (01:00 UTC).
    const records = Array.from({ length: 24 }, (_, index) => ({
      Minutes5UTC: new Date((at('2023-10-29T00:00:00Z') + index * 300) * 1000).toISOString().slice(0, 19),
      Minutes5DK: `2023-10-29T02:${String((index % 12) * 5).padStart(2, '0')}:00`,
      PriceArea: 'DK1',
      CO2Emission: index < 12 ? 50 : 150,
    }))
    const source = await open(given, fakeWorld([{ body: { records } }], { now: at('2023-10-30T00:00:00Z') }))
    const steps = await source.history(at('2023-10-29T00:00:00Z'), at('2023-10-29T02:00:00Z'))
    expect(steps).toHaveLength(24)
    expect(steps.map(({ from }) => from)).toEqual([...new Set(steps.map(({ from }) => from))])
    expect(steps[12]).toMatchObject({ from: at('2023-10-29T01:00:00Z'), gramsPerKilowattHour: 150 })
  })

  test('asks in UTC for all records, with a margin should the service take it for Danish time', async () => {
    const world = fakeWorld([{ body: { records: [] } }], { now: at('2023-12-21T00:00:00Z') })
    await (await open(given, world)).history(given.from, given.to)
    expect(Object.fromEntries((world.requests[0] as FakeWorld['requests'][0]).url.searchParams)).toEqual({
      start: '2023-12-20T09:00',
      end: '2023-12-20T16:00',
      timezone: 'UTC',
      filter: '{"PriceArea":["DK1"]}',
      sort: 'Minutes5UTC asc',
      limit: '0',
    })
  })

  test('Denmark is two areas, and neither is guessed', async () => {
    const areaFor = async (zone: string | undefined, area?: string) => {
      const world = fakeWorld([], zone === undefined ? {} : { zone })
      return (await open({ ...given, options: area === undefined ? {} : { area } }, world)).zone
    }
    expect(await areaFor('DK-DK2')).toBe('DK-DK2')
    expect(await areaFor('DK', 'DK1')).toBe('DK-DK1')
    expect(await areaFor(undefined, 'DK1')).toBe('DK-DK1')
    for (const [zone, area] of [['DK'], [undefined], ['SE', 'DK1'], ['DK-DK2', 'DK1']] as const) {
      await expect(areaFor(zone, area)).rejects.toMatchObject({ code: 'SOURCE_ZONE_UNKNOWN' })
    }
  })
})

describe('prometheus', () => {
  const given = cases['prometheus'] as Case

  test('a figure holds for one step', async () => {
    const world = fakeWorld([{ body: given.reply }], { now: given.to })
    const source = await open(given, world)
    expect(figures(await source.history(given.from, given.to))).toEqual([
      [1435781430.781, 15, 1, false],
      [1435781445.781, 15, 1, false],
      [1435781460.781, 15, 1, false],
    ])
    expect(Object.fromEntries((world.requests[0] as FakeWorld['requests'][0]).url.searchParams)).toEqual({
      query: 'grid',
      start: '1435781430',
      end: '1435781460',
      step: '15',
    })
  })

  test('NaN is a gap within a series', async () => {
    const body = prometheusReply([
      [1435781430, '12.5'],
      [1435781445, 'NaN'],
      [1435781460, '0'],
    ])
    const source = await open(given, fakeWorld([{ body }], { now: given.to }))
    expect(figures(await source.history(given.from, given.to))).toEqual([
      [1435781430, 15, 12.5, false],
      [1435781460, 15, 0, false],
    ])
  })

  test('the last figure, of one series', async () => {
    const two = fixture('prometheus-instant') as { data: { result: unknown[] } }
    const one = { ...two, data: { ...two.data, result: two.data.result.slice(0, 1) } }
    const source = await open(given, fakeWorld([{ body: one }, { body: two }]))
    expect(await source.latest()).toMatchObject({ from: 1435781451.781, gramsPerKilowattHour: 1 })
    await expect(source.latest()).rejects.toThrow('2 series, expected one')
  })

  test('a token is sent only if one is named, and never in the address', async () => {
    const world = fakeWorld([{ body: given.reply }], { env: { PROM: 'prom-secret' }, now: given.to })
    await (await open(given, world)).history(given.from, given.to)
    const options = { ...(given.options as object), tokenEnv: 'PROM' }
    await (await open({ ...given, options }, world)).history(given.from, given.to)
    expect(world.requests.map(({ headers }) => headers['authorization'])).toEqual([
      undefined,
      'Bearer prom-secret',
    ])
    const inAddress = { ...(given.options as object), url: 'http://me:secret@localhost:9090' }
    const error = await open({ ...given, options: inAddress }, world).catch((thrown) => thrown)
    expect(error).toMatchObject({
      code: 'SOURCE_OPTIONS_INVALID',
      message: expect.not.stringContaining('secret@'),
    })
  })
})

describe('a probe', () => {
  test('says what there is, or why there is nothing', async () => {
    const given = cases['prometheus'] as Case
    const one = {
      status: 'success',
      data: { resultType: 'vector', result: [{ metric: {}, value: [1435781451, '56'] }] },
    }
    const none = { status: 'success', data: { resultType: 'vector', result: [] } }
    const probe = (body: unknown) => probeIntensitySource(given.factory, given.options, fakeWorld([{ body }]))
    expect(await probe(one)).toMatchObject({ available: true, latest: { gramsPerKilowattHour: 56 } })
    expect(await probe(none)).toEqual({
      available: false,
      why: 'Intensity source prometheus: it has no figure at all',
    })
    expect(await probe('<html>')).toMatchObject({ available: false, why: expect.stringContaining('HTML') })
  })
})
