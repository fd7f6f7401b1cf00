import { hostname } from 'node:os'
import { describe, expect, it } from 'vitest'
import { parseQueryReply } from '../src/query-reply.ts'
import { Clock, joulesOf, open, read, refusal } from './open-prometheus.ts'
import { PrometheusServer } from './prometheus-server.ts'

const POWER = 'DCGM_FI_DEV_POWER_USAGE'
const ENERGY = 'DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION'

const gpu = (name: string, uuid: string, host = hostname()) => ({
  __name__: name,
  UUID: uuid,
  gpu: '0',
  Hostname: host,
  instance: '10.0.0.5:9400',
  job: 'dcgm',
})

async function server(): Promise<{ server: PrometheusServer; clock: Clock }> {
  const clock = new Clock()
  return { server: await new PrometheusServer(clock).start(), clock }
}

describe('a Prometheus server', () => {
  it('tells samples with their own times, each recorded once, however often it is asked', async () => {
    const { server: prometheus, clock } = await server()
    prometheus.scrape(gpu(POWER, 'GPU-a'), 80)
    clock.seconds += 15
    prometheus.scrape(gpu(POWER, 'GPU-a'), 100)
    const { meter } = await open({ prometheus: prometheus.address, preset: 'dcgm' }, clock)
    expect(await read(meter, clock)).toEqual([{ id: 'GPU-a', value: 100, time: 1015 }])
    clock.seconds += 5
    expect(await read(meter, clock)).toEqual([])
    clock.seconds += 10
    prometheus.scrape(gpu(POWER, 'GPU-a'), 120)
    clock.seconds += 3
    expect(await read(meter, clock)).toEqual([{ id: 'GPU-a', value: 120, time: 1030 }])
    expect(meter.domains[0]).toMatchObject({ updatePeriod: 30 })
  })

  it('that scrapes no more tells nothing: its last value does not go on', async () => {
    const { server: prometheus, clock } = await server()
    prometheus.scrape(gpu(POWER, 'GPU-a'), 100)
    const { meter } = await open({ prometheus: prometheus.address, preset: 'dcgm' }, clock)
    const { joules } = await joulesOf(meter, clock, 60, 5, () => {})
    expect(joules).toEqual({})
    clock.seconds += 300
    expect(await read(meter, clock)).toEqual([])
    clock.seconds += 5
    await expect(read(meter, clock)).rejects.toMatchObject({
      code: 'PROMETHEUS_SERIES_ABSENT',
      outcome: 'retry',
    })
  })

  it('makes up for what was missed while it could not be asked', async () => {
    const { server: prometheus, clock } = await server()
    prometheus.scrape(gpu(POWER, 'GPU-a'), 100)
    const { meter } = await open({ prometheus: prometheus.address, preset: 'dcgm' }, clock)
    await read(meter, clock)
    prometheus.answer = { status: 503, body: '' }
    for (let scrapes = 0; scrapes < 40; scrapes++) {
      clock.seconds += 15
      prometheus.scrape(gpu(POWER, 'GPU-a'), 100)
    }
    await expect(read(meter, clock)).rejects.toMatchObject({ code: 'PROMETHEUS_REFUSED', outcome: 'retry' })
    prometheus.answer = undefined
    expect(await read(meter, clock)).toHaveLength(40)
  })

  it('gives the joules of a counter, from times 15 s apart', async () => {
    const { server: prometheus, clock } = await server()
    const begin = clock.seconds
    const scrape = () => prometheus.scrape(gpu(ENERGY, 'GPU-a'), 5e9 + 250_000 * (clock.seconds - begin))
    scrape()
    const { meter } = await open({ prometheus: prometheus.address, preset: 'dcgm', updatePeriod: 15 }, clock)
    const { joules } = await joulesOf(meter, clock, 300, 5, (second) => {
      if (second % 15 === 0) scrape()
    })
    expect(joules['GPU-a']).toBeCloseTo(250 * 300, 6)
  })

  it('is asked for the metrics of the preset, or for a query, over a range', async () => {
    const { server: prometheus, clock } = await server()
    prometheus.scrape(gpu(POWER, 'GPU-a'), 100)
    await open({ prometheus: `${prometheus.address}/prefix/`, preset: 'dcgm' }, clock)
    await open(
      {
        prometheus: prometheus.address,
        preset: 'dcgm',
        query: `${POWER}{job="d}[c'\\"m"}`,
        updatePeriod: 90,
      },
      clock,
    )
    expect(prometheus.queries).toEqual([
      `{__name__=~"${ENERGY}|${POWER}"}[300s]`,
      `${POWER}{job="d}[c'\\"m"}[360s]`,
    ])
  })

  it('evaluates an expression at an instant, which it says', async () => {
    const { server: prometheus, clock } = await server()
    prometheus.scrape({ rack: '1' }, 2)
    const options = {
      prometheus: prometheus.address,
      query: 'sum by (rack) (plug_kw)',
      unit: 'kW',
      kind: 'host',
      feeds: true,
    } as const
    const { meter } = await open(options, clock)
    clock.seconds += 5
    expect(await read(meter, clock)).toEqual([{ id: 'query', value: 2000, time: 1005 }])
    expect(prometheus.queries.at(-1)).toBe('sum by (rack) (plug_kw)')
  })

  it('says what is wrong with a query', async () => {
    const { server: prometheus } = await server()
    prometheus.answer = {
      status: 400,
      body: '{"status":"error","errorType":"bad_data","error":"invalid parameter \\"query\\": 1:4: parse error:\\nunexpected end of input"}',
    }
    expect(await refusal({ prometheus: prometheus.address, query: 'sum(', unit: 'W' })).toMatchObject({
      code: 'PROMETHEUS_REPLY_INVALID',
      outcome: 'fatal',
      message: expect.stringMatching(
        /^http:\/\/127.*\/api\/v1\/query: status 400, says: .*unexpected end of input$/,
      ),
    })
  })
})

describe('whose series are taken', () => {
  const cluster = async (...hosts: string[]) => {
    const { server: prometheus, clock } = await server()
    for (const host of hosts) prometheus.scrape(gpu(POWER, `GPU-${host}`, host), 100)
    return { prometheus: prometheus.address, clock }
  }
  const ids = async (options: Parameters<typeof open>[0], clock: Clock, env = {}) =>
    (await open(options, clock, env)).meter.domains.map(({ id }) => id)

  it('this host’s, of a whole cluster, with or without its domain', async () => {
    const { prometheus, clock } = await cluster('node1.site', hostname().toUpperCase(), 'node3.site')
    expect(await ids({ prometheus, preset: 'dcgm' }, clock)).toEqual([`GPU-${hostname().toUpperCase()}`])
    expect(await ids({ prometheus, preset: 'dcgm', host: 'node3' }, clock)).toEqual(['GPU-node3.site'])
    expect(await ids({ prometheus, preset: 'dcgm', host: 'node3.site' }, clock)).toEqual(['GPU-node3.site'])
    expect(await ids({ prometheus, preset: 'dcgm', host: false }, clock)).toHaveLength(3)
  })

  it('the node’s of a pod, which has a name of its own', async () => {
    const { prometheus, clock } = await cluster('node1', 'node2')
    expect(await ids({ prometheus, preset: 'dcgm' }, clock, { NODE_NAME: 'node2' })).toEqual(['GPU-node2'])
  })

  it('nobody’s, if none is this host’s: a cluster is not added up, nor another machine counted', async () => {
    const { prometheus } = await cluster('node1', 'node2')
    const unclear = {
      code: 'PROMETHEUS_SERIES_UNCLEAR',
      outcome: 'fatal',
      message: expect.stringContaining('node1, node2'),
    }
    expect(await refusal({ prometheus, preset: 'dcgm' })).toMatchObject(unclear)
    expect(await refusal({ prometheus, preset: 'dcgm', host: 'node9' })).toMatchObject(unclear)
    expect(await refusal({ prometheus, preset: 'dcgm', query: POWER })).toMatchObject(unclear)
    const one = await cluster('node1')
    expect(await refusal({ prometheus: one.prometheus, preset: 'dcgm' })).toMatchObject({
      code: 'PROMETHEUS_SERIES_UNCLEAR',
    })
    expect(await ids({ prometheus: one.prometheus, preset: 'dcgm', query: POWER }, one.clock)).toEqual([
      'GPU-node1',
    ])
  })

  it.each([
    ['10.0.0.5', '10.0.0.6'],
    ['gpu-1.a.site', 'gpu-1.b.site'],
    ['node1', 'node10'],
  ])('not %s’s for %s', async (there, asked) => {
    const { prometheus } = await cluster(there)
    // The label `instance` of all of them is 10.0.0.5:9400.
    expect(await refusal({ prometheus, preset: 'dcgm', host: asked })).toMatchObject({
      code: 'PROMETHEUS_SERIES_UNCLEAR',
    })
  })
})

describe('a reply', () => {
  it.each([
    '',
    '[]',
    '{}',
    'null',
    '"x"',
    '{"status":"success"}',
    '{"status":"success","data":{"result":{}}}',
    '{"status":"error","error":7}',
  ])('%s is said to be none', (text) => {
    expect(typeof parseQueryReply(text)).toBe('string')
  })

  it('that is malformed inside loses what is malformed', () => {
    const result = [
      null,
      5,
      { metric: 7, value: [1, 2] },
      { metric: { __name__: 1, a: 'b', c: 3 }, value: [1, 'NaN'] },
      { values: [[1], ['1', '2'], [3, '4'], [5, 'x']] },
    ]
    const series = parseQueryReply(
      JSON.stringify({ status: 'success', data: { resultType: 'matrix', result } }),
    )
    expect(series).toEqual([
      { name: '', labels: new Map(), samples: [] },
      { name: '', labels: new Map(), samples: [] },
      { name: '', labels: new Map(), samples: [] },
      { name: '', labels: new Map([['a', 'b']]), samples: [{ value: Number.NaN, time: 1000 }] },
      { name: '', labels: new Map(), samples: [{ value: 4, time: 3000 }] },
    ])
  })

  it('of one number is a series without labels', () => {
    expect(parseQueryReply('{"status":"success","data":{"resultType":"scalar","result":[2.5,"7"]}}')).toEqual(
      [{ name: '', labels: new Map(), samples: [{ value: 7, time: 2500 }] }],
    )
  })
})
