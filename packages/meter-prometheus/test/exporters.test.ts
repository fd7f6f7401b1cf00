import { type BoundaryDomain, chooseBoundary } from '@ergometer/core'
import type { Domain } from '@ergometer/meter'
import { describe, expect, it } from 'vitest'
import { fixture, startExporter } from './exporter.ts'
import { joulesOf, open, read, refusal } from './open-prometheus.ts'

const A30 = ['GPU-265c9814-6156-355b-e589-ff2064894f16', 'GPU-2d20791a-b4a6-ba59-97f1-e95b99fe5b49']
const V100 = 'GPU-6bf47ca9-ad3e-15db-beed-1079a7d74116'

/** A domain of another meter that knows the whole run. */
function beside(meter: string, domain: Partial<Domain> & Pick<Domain, 'id' | 'kind'>): BoundaryDomain {
  const reads = { quantity: 'energy', joulesPerCount: 1e-3 } as const
  const whole: Domain = { label: domain.id, method: 'measured', reads, ...domain }
  return { id: `${meter}:${domain.id}`, meter, domain: whole, coverage: 1 }
}

describe('dcgm-exporter', () => {
  it('tells of each board once, however many MIG instances repeat it', async () => {
    const { url } = await startExporter(fixture('dcgm-mig'))
    const { meter, clock, said } = await open({ url, preset: 'dcgm' })
    expect(meter.domains.map(({ id }) => id)).toEqual(A30)
    expect(meter.domains[0]).toMatchObject({
      kind: 'gpu',
      label: 'NVIDIA A30, GPU 0 (MIG)',
      method: 'measured',
      reads: { quantity: 'power' },
      identity: `gpu:${A30[0]}`,
      updatePeriod: 30,
    })
    expect((await read(meter, clock)).map(({ value }) => value)).toEqual([52.636, 56.121])
    expect(said).toEqual([])
  })

  it('counts by the counter of energy where there is one, in millijoules, and not by power as well', async () => {
    const exporter = await startExporter(fixture('dcgm-pods'))
    const { meter, clock } = await open({ url: exporter.url, preset: 'dcgm' })
    expect(meter.domains).toHaveLength(1)
    expect(meter.domains[0]?.reads).toEqual({ quantity: 'energy', joulesPerCount: 1e-3 })
    const { joules } = await joulesOf(meter, clock, 60, 5, (second) => {
      exporter.text = exporter.text.replace(/(CONSUMPTION\{.*\}) \d+/, `$1 ${4335301032 + 302_206 * second}`)
    })
    expect(joules[V100]).toBeCloseTo(302.206 * 60, 3)
  })

  it('counts on when the pod that has the GPU changes, and repeats of time-slicing once', async () => {
    const exporter = await startExporter(fixture('dcgm-pods'))
    const { meter, clock, said } = await open({ url: exporter.url, preset: 'dcgm' })
    const page = (pod: string, count: number) =>
      fixture('dcgm-pods')
        .replaceAll('pod=""', `pod="${pod}"`)
        .replace(/(CONSUMPTION\{.*\}) \d+/, `$1 ${count}`)
    exporter.text = page('one', 5_000_000_000) + page('two', 5_000_000_000)
    expect(await read(meter, clock)).toEqual([{ id: V100, value: 5_000_000_000, time: clock.seconds }])
    expect(said).toEqual([])
  })

  it.each(['0', '9223372036854775794', '140737488355328', 'NaN'])(
    'goes by power where the counter says %s',
    async (blank) => {
      const text = fixture('dcgm-pods').replace('4335301032', blank)
      const { url } = await startExporter(text)
      const { meter, clock } = await open({ url, preset: 'dcgm' })
      expect(meter.domains.map(({ reads }) => reads.quantity)).toEqual(['power'])
      expect((await read(meter, clock)).map(({ value }) => value)).toEqual([302.206])
    },
  )

  it('gives no reading of a board that says blank, never 0', async () => {
    const exporter = await startExporter(fixture('dcgm-pods'))
    const { meter, clock } = await open({ url: exporter.url, preset: 'dcgm' })
    exporter.text = exporter.text.replace('4335301032', '9223372036854775794')
    await expect(read(meter, clock)).rejects.toMatchObject({
      code: 'PROMETHEUS_SERIES_ABSENT',
      outcome: 'retry',
    })
  })

  it('and NVML tell of one GPU: it counts once', async () => {
    const { url } = await startExporter(fixture('dcgm-pods'))
    const { meter, clock } = await open({ url, preset: 'dcgm' })
    const { own } = await joulesOf(meter, clock, 5, 5, () => {})
    const nvml = beside('nvml', { id: V100, kind: 'gpu', identity: `gpu:${V100}` })
    const { counted } = chooseBoundary([nvml, ...own.map((one) => ({ ...one, coverage: 1 }))])
    expect([...counted]).toEqual([`nvml:${V100}`])
  })
})

describe('Kepler', () => {
  it('tells of packages and DRAM by their counters; cores lie inside, and the platform feeds nothing unasked', async () => {
    const { url } = await startExporter(fixture('kepler'))
    const { meter } = await open({ url, preset: 'kepler' })
    expect(
      meter.domains.map(({ id, kind, identity, within, reads }) => [
        id,
        kind,
        identity,
        within,
        reads.quantity,
      ]),
    ).toEqual([
      ['package-0', 'cpu', 'cpu:package-0', undefined, 'energy'],
      ['package-0/core', 'cpu', undefined, 'package-0', 'energy'],
      ['package-0/dram', 'memory', 'memory:package-0', undefined, 'energy'],
      ['platform/bmc-1/System.Embedded.1/PC1', 'host', undefined, undefined, 'power'],
    ])
    const own = meter.domains.map((domain) => ({
      id: `prometheus:${domain.id}`,
      meter: 'prometheus',
      domain,
      coverage: 1,
    }))
    const rapl = [
      beside('rapl', { id: 'package-0', kind: 'cpu', identity: 'cpu:package-0' }),
      beside('rapl', { id: 'package-0/dram', kind: 'memory', identity: 'memory:package-0' }),
    ]
    expect([...chooseBoundary(own).counted].sort()).toEqual([
      'prometheus:package-0',
      'prometheus:package-0/dram',
    ])
    expect([...chooseBoundary([...rapl, ...own]).counted].sort()).toEqual([
      'rapl:package-0',
      'rapl:package-0/dram',
    ])
  })

  it('can be said to feed this host by its BMC, which then counts in place of all', async () => {
    const { url } = await startExporter(fixture('kepler'))
    const { meter } = await open({ url, preset: 'kepler', feeds: true })
    const own = meter.domains.map((domain) => ({ id: domain.id, meter: 'prometheus', domain, coverage: 1 }))
    const plug = beside('plug', { id: 'plug', kind: 'host', feeds: 'this-host' })
    expect(chooseBoundary(own).level).toBe('host')
    expect([...chooseBoundary(own).counted]).toEqual(['platform/bmc-1/System.Embedded.1/PC1'])
    expect([...chooseBoundary([plug, ...own]).counted]).toEqual(['plug:plug'])
  })

  it('sums two packages into one: said, and beside RAPL not counted as well', async () => {
    const { url } = await startExporter(
      fixture('kepler').replace(/path="[^"]*rapl:0"/g, 'path="aggregated-package"'),
    )
    const { meter, said } = await open({ url, preset: 'kepler' })
    expect(said.map(({ code }) => code)).toEqual(['packages-added-up'])
    const own = meter.domains.map((domain) => ({
      id: `prometheus:${domain.id}`,
      meter: 'prometheus',
      domain,
      coverage: 1,
    }))
    const rapl = [0, 1].map((number) =>
      beside('rapl', { id: `package-${number}`, kind: 'cpu', identity: `cpu:package-${number}` }),
    )
    expect([...chooseBoundary([...rapl, ...own]).counted]).not.toContain('prometheus:packages')
    expect([...chooseBoundary(own).counted]).toContain('prometheus:packages')
  })

  it('up to 0.9 tells idle and dynamic energy, which belong together', async () => {
    const exporter = await startExporter(fixture('kepler-0.7'))
    const { meter, clock } = await open({ url: exporter.url, preset: 'kepler' })
    expect(meter.domains).toMatchObject([{ id: 'package-0', method: 'measured' }])
    expect((await read(meter, clock))[0]?.value).toBeCloseTo(151.503 + 55646.229, 6)
    exporter.text = exporter.text.split('\n')[0] as string
    await expect(read(meter, clock)).resolves.toEqual([])
  })

  it('of two ages beside each other, as while it is replaced, tells of a package once', async () => {
    const { url } = await startExporter(fixture('kepler-0.7') + fixture('kepler'))
    const { meter, clock } = await open({ url, preset: 'kepler', host: false })
    const readings = await read(meter, clock)
    expect(readings.filter(({ id }) => id === 'package-0').map(({ value }) => value)).toEqual([55797.38])
  })

  it('that estimates is modelled', async () => {
    const { url } = await startExporter(fixture('kepler-0.7').replaceAll('rapl-sysfs', 'trained_power_model'))
    const { meter } = await open({ url, preset: 'kepler' })
    expect(meter.domains.map(({ method }) => method)).toEqual(['modelled'])
  })
})

describe('Scaphandre', () => {
  it('tells watts of sockets and DRAM; its figure of the host is somebody else’s, and does not count', async () => {
    const { url } = await startExporter(fixture('scaphandre'))
    const { meter, clock } = await open({ url, preset: 'scaphandre' })
    const readings = await read(meter, clock)
    expect(readings.map(({ id, value }) => [id, value])).toEqual([
      ['package-0', 30],
      ['package-1', 10],
      ['package-0/core', 21],
      ['package-0/dram', 5],
      ['host', 45],
    ])
    expect(meter.domains.at(-1)?.method).toBe('reported')
    const own = meter.domains.map((domain) => ({ id: domain.id, meter: 'prometheus', domain, coverage: 1 }))
    expect([...chooseBoundary(own).counted].sort()).toEqual(['package-0', 'package-0/dram', 'package-1'])
  })
})

describe('IPMI', () => {
  it('tells the host’s watts; it feeds this host when that is said', async () => {
    const { url } = await startExporter(fixture('ipmi'))
    const { meter, clock } = await open({ url, preset: 'ipmi' })
    expect(meter.domains).toMatchObject([{ id: 'host', kind: 'host', method: 'measured' }])
    expect(meter.domains[0]?.feeds).toBeUndefined()
    expect(await read(meter, clock)).toMatchObject([{ value: 203 }])
    const fed = await open({ url, preset: 'ipmi', feeds: true })
    expect(fed.meter.domains[0]?.feeds).toBe('this-host')
  })

  it('does not take the 0 W of a BMC that cannot measure for a reading', async () => {
    const { url } = await startExporter('ipmi_dcmi_power_consumption_watts 0\n')
    expect(await refusal({ url, preset: 'ipmi' })).toMatchObject({
      code: 'PROMETHEUS_SERIES_ABSENT',
      outcome: 'retry',
    })
  })
})

describe('a PDU', () => {
  it('of which nobody says which outlets are this machine’s is not counted', async () => {
    const { url } = await startExporter(fixture('raritan'))
    expect(await refusal({ url, preset: 'pdu' })).toMatchObject({
      code: 'PROMETHEUS_SERIES_UNCLEAR',
      outcome: 'fatal',
      message: expect.stringContaining('My PDU/outlet 1'),
    })
    expect(await refusal({ url, preset: 'pdu', feeds: true })).toMatchObject({
      code: 'PROMETHEUS_SERIES_UNCLEAR',
    })
  })

  it('with two outlets for one machine is one domain, in watt-hours', async () => {
    const exporter = await startExporter(fixture('raritan'))
    const { meter, clock } = await open({
      url: exporter.url,
      preset: 'pdu',
      match: { outletid: ['1', '2'] },
      feeds: true,
    })
    expect(meter.domains).toMatchObject([
      { id: 'host', kind: 'host', feeds: 'this-host', reads: { quantity: 'energy', joulesPerCount: 3600 } },
    ])
    const { joules } = await joulesOf(meter, clock, 600, 5, (second) => {
      exporter.text = fixture('raritan')
        .replace('553051.00', (553_051 + (100 * second) / 3600).toFixed(6))
        .replace('896839.58', (896_839.58 + (200 * second) / 3600).toFixed(6))
    })
    expect(joules['host']).toBeCloseTo(300 * 600, 0)
  })

  it('of APC goes by power: its counter moves by 0.1 kWh', async () => {
    const { url } = await startExporter(fixture('apc'))
    const match = { rPDU2OutletMeteredStatusIndex: '16' }
    const { meter, clock } = await open({ url, preset: 'pdu', match, feeds: true })
    expect(await read(meter, clock)).toMatchObject([{ id: 'outlet-16', value: 121 }])
  })
})

describe('an exporter without a preset', () => {
  const page =
    'plug_watts{socket="a",room="1"} 1200\nplug_watts{socket="b",room="1"} 90\nplug_wh{socket="a"} 5\n'

  it('is mapped by options: unit, kind, id and identity', async () => {
    const { url } = await startExporter(page)
    const { meter, clock } = await open({
      url,
      metric: 'plug_watts',
      unit: 'mW',
      kind: 'accelerator',
      id: 'socket',
      identity: 'accelerator:{room}/{socket}',
      label: 'card {socket}',
      uncertainty: 0.01,
      maxWatts: 50,
    })
    expect(meter.domains[0]).toEqual({
      id: 'a',
      kind: 'accelerator',
      label: 'card a',
      method: 'measured',
      reads: { quantity: 'power' },
      maxWatts: 50,
      standardUncertainty: { relative: 0.01, shared: 'meter' },
      identity: 'accelerator:1/a',
    })
    expect((await read(meter, clock)).map(({ value }) => value)).toEqual([1.2, 0.09])
  })

  it('never adds up, or drops, series that nobody has told apart', async () => {
    const { url } = await startExporter(page)
    expect(await refusal({ url, metric: 'plug_watts', unit: 'W' })).toMatchObject({
      code: 'PROMETHEUS_SERIES_UNCLEAR',
    })
    expect(await refusal({ url, metric: 'plug_watts', unit: 'W', id: 'room' })).toMatchObject({
      code: 'PROMETHEUS_SERIES_UNCLEAR',
    })
    const { meter } = await open({
      url,
      metric: 'plug_watts',
      unit: 'W',
      match: { socket: 'b' },
      feeds: true,
    })
    expect(meter.domains).toMatchObject([{ id: 'plug_watts', kind: 'host', feeds: 'this-host' }])
  })

  it('that has nothing of the kind is one clear line', async () => {
    const { url } = await startExporter(page)
    expect(await refusal({ url, metric: 'plug_joules', unit: 'J' })).toMatchObject({
      code: 'PROMETHEUS_SERIES_ABSENT',
      outcome: 'fatal',
      message: expect.stringContaining('no series of plug_joules'),
    })
    expect(await refusal({ url, preset: 'dcgm' })).toMatchObject({ code: 'PROMETHEUS_SERIES_ABSENT' })
  })
})

describe('series that come and go', () => {
  it('later ones are said once each and not counted; those that are gone give no reading', async () => {
    const exporter = await startExporter('w{id="a"} 1\nw{id="b"} 2\n')
    const { meter, clock, said } = await open({ url: exporter.url, metric: 'w', unit: 'W', id: 'id' })
    exporter.text = 'w{id="b"} 2\nw{id="c"} 3\n'
    expect(await read(meter, clock)).toMatchObject([{ id: 'b', value: 2 }])
    expect(said).toMatchObject([{ code: 'series-appeared', domain: 'c' }])
    exporter.text = 'w{id="c"} 3\n'
    await expect(read(meter, clock)).rejects.toMatchObject({
      code: 'PROMETHEUS_SERIES_ABSENT',
      outcome: 'retry',
    })
  })
})
