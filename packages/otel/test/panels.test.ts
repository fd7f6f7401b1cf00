import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import {
  queryUntil,
  type Receiver,
  startPrometheus,
  startVictoriaMetrics,
  type VictoriaMetrics,
  whyNoReceivers,
} from '../../../test/receivers.ts'
import { fleetDashboard } from '../dashboards/fleet.ts'
import { runDashboard } from '../dashboards/run.ts'
import { RECORDING_RULES } from '../rules/recording-rules.ts'
import { expressionsOf } from './panels.ts'

// Two nodes of one run, `resnet`, whose work the first one tells, for ten minutes: 300 + 100 W and 250 + 50 W, as a store knows
// them from a page that it scrapes, and as another one knows them from OTLP.

const RULES = ['ergometer.yml', 'alerts.yml', 'budget.yml'].map((name) =>
  fileURLToPath(new URL(`../rules/${name}`, import.meta.url)),
)
const STEP = 15
/** Seconds before and after now that the samples reach. */
const [PAST, FUTURE] = [600, 300]
const now = Math.floor(Date.now() / 1000)

/** Samples of a series: `joulesEach` and the like per second, or the same value always. */
interface Series {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly perSecond?: number
  readonly value?: number
}

const resourceOf = (node: 1 | 2) => ({
  service_name: 'train',
  service_instance_id: `run-${node}`,
  host_id: `id-${node}`,
  host_name: `node-${node}`,
  ergometer_run_id: `run-${node}`,
})

function seriesOf(node: 1 | 2, unit: (name: string) => string): Series[] {
  const [gpu, cpu] = node === 1 ? [300, 100] : [250, 50]
  const run = { ergometer_run_name: 'resnet' }
  const device = { hw_id: `GPU-${node}`, hw_type: 'gpu', hw_name: 'A100' }
  return [
    { name: `hw_energy${unit('_joules')}_total`, labels: device, perSecond: gpu },
    {
      name: `hw_energy${unit('_joules')}_total`,
      labels: { hw_id: 'rapl:package-0', hw_type: 'cpu' },
      perSecond: cpu,
    },
    { name: `hw_host_energy${unit('_joules')}_total`, labels: { hw_id: 'redfish:psu' }, perSecond: 600 },
    {
      name: `ergometer_run_energy${unit('_joules')}_total`,
      labels: { ...run, ergometer_energy_method: 'measured' },
      perSecond: gpu + cpu,
    },
    {
      name: `ergometer_run_emissions${unit('_grams')}_total`,
      labels: { ...run, ergometer_carbon_kind: 'average' },
      perSecond: 0.01,
    },
    ...(node === 1
      ? [
          {
            name: 'ergometer_run_work_total',
            labels: { ...run, ergometer_work_unit: 'samples' },
            perSecond: 35,
          },
        ]
      : []),
    { name: 'ergometer_run_score', labels: { ...run, ergometer_score_name: 'accuracy' }, value: 0.9 },
    {
      name: `ergometer_meter_coverage${unit('_ratio')}`,
      labels: { hw_id: device.hw_id },
      value: 1 - node / 20,
    },
    { name: 'ergometer_meter_failures_total', labels: { ergometer_meter_name: 'nvml' }, value: 3 },
    {
      name: 'ergometer_carbon_intensity',
      labels: { ergometer_carbon_zone: 'FR', ergometer_carbon_kind: 'average' },
      value: 50,
    },
  ]
}

/** The text of series with all their samples, so that a store knows ten minutes of them at once. */
function textOf(series: readonly Series[], resource: Readonly<Record<string, string>> = {}): string {
  return series
    .flatMap(({ name, labels, perSecond = 0, value = 0 }) => {
      const all = Object.entries({ ...labels, ...resource }).map(([label, text]) => `${label}="${text}"`)
      return Array.from({ length: (PAST + FUTURE) / STEP + 1 }, (_, index) => {
        const seconds = index * STEP
        return `${name}{${all.join(',')}} ${value + perSecond * seconds} ${(now - PAST + seconds) * 1000}\n`
      })
    })
    .join('')
}

/** A page as the exporter of OpenTelemetry JS writes it: names without units, the resource in a line of its own. */
function exporter(node: 1 | 2): Promise<Server> {
  const resource = Object.entries(resourceOf(node)).map(([label, text]) => `${label}="${text}"`)
  const page = `target_info{${resource.join(',')}} 1\n${textOf(seriesOf(node, () => ''))}`
  const server = createServer((_, reply) => reply.setHeader('content-type', 'text/plain').end(page))
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)))
}

/** Records what the rules say of the ten minutes, one rule after the other, as vmalert does when it replays. */
async function record(store: VictoriaMetrics): Promise<void> {
  for (const { record: name, expr } of RECORDING_RULES) {
    const parameters = { query: expr, start: `${now - PAST}`, end: `${Date.now() / 1000}`, step: `${STEP}` }
    const response = await fetch(`${store.url}/api/v1/query_range?${new URLSearchParams(parameters)}`)
    const { data } = (await response.json()) as {
      data: { result: { metric: Record<string, string>; values: [number, string][] }[] }
    }
    const lines = data.result.flatMap(({ metric: { __name__: _, ...labels }, values }) => {
      const all = Object.entries(labels).map(([label, text]) => `${label}="${text}"`)
      return values.map(([seconds, value]) => `${name}{${all.join(',')}} ${value} ${seconds * 1000}\n`)
    })
    await store.load(lines.join(''))
  }
}

/** As Grafana puts its variables in, with everything chosen. */
function filledIn(expression: string): string {
  return expression
    .replaceAll('$__rate_interval', '1m')
    .replaceAll('$__range_s', '600')
    .replaceAll('$__range', '10m')
    .replaceAll('$__interval', '1s')
    .replaceAll('"$run"', '"resnet"')
    .replaceAll(/"\$(job|instance|host)"/g, '".*"')
}

const receivers: readonly (readonly [string, () => Promise<Receiver>])[] = [
  [
    'Prometheus that scrapes',
    async () => {
      const servers = await Promise.all([exporter(1), exporter(2)])
      const targets = servers.map((server) => `127.0.0.1:${(server.address() as AddressInfo).port}`)
      const prometheus = await startPrometheus({ targets, rules: RULES })
      const stop = async () => {
        await prometheus.stop()
        for (const server of servers) server.closeAllConnections()
        for (const server of servers) server.close()
      }
      return { url: prometheus.url, stop }
    },
  ],
  [
    'VictoriaMetrics that takes OTLP',
    async () => {
      const store = await startVictoriaMetrics()
      for (const node of [1, 2] as const)
        await store.load(
          textOf(
            seriesOf(node, (unit) => unit),
            resourceOf(node),
          ),
        )
      await record(store)
      return store
    },
  ],
]

const boards = [
  ['run', expressionsOf(runDashboard())],
  ['fleet', expressionsOf(fleetDashboard())],
] as const

describe.skipIf(whyNoReceivers()).each(receivers)('%s', (name, start) => {
  let store: Receiver
  beforeAll(async () => {
    store = await start()
  })
  afterAll(() => store?.stop())

  test.each(boards)('every panel of the dashboard %s has an answer', async (_, expressions) => {
    for (const { expr } of expressions) {
      const answers = await queryUntil(store.url, filledIn(expr))
      for (const { value } of answers) expect(value, expr).not.toBeNaN()
    }
  })

  /** The answers of one panel, by one of their labels. */
  const ask = async (board: 'run' | 'fleet', title: string, label: string) => {
    const found = boards.find(([name]) => name === board)?.[1].find((panel) => panel.title === title)
    const answers = await queryUntil(store.url, filledIn(found?.expr ?? ''))
    return Object.fromEntries(answers.map(({ labels, value }) => [labels[label] ?? '', value]))
  }

  /** Rules are evaluated one after the other, and the first time with what has come by then: a test of theirs is tried until it holds. */
  const settles = (title: string, holds: () => Promise<void>) =>
    test(title, () => vi.waitFor(holds, { timeout: 60_000, interval: 500 }))

  settles('power, shares and work per joule are those of the run', async () => {
    // Both nodes have come.
    await queryUntil(store.url, 'count(ergometer:host_power_watts:mean5m) == 2')
    await queryUntil(store.url, 'count(ergometer:run_power_watts:mean5m) == 2')
    await queryUntil(store.url, 'ergometer:work_per_joule:mean5m < 0.051')
    const near = (value: number) => expect.closeTo(value, 6)
    expect(await ask('fleet', 'Power', '')).toEqual({ '': near(700) })
    expect(await ask('fleet', 'Power by host', 'host_name')).toEqual({
      'node-1': near(400),
      'node-2': near(300),
    })
    expect(await ask('fleet', 'Power by run name', 'ergometer_run_name')).toEqual({ resnet: near(700) })
    expect(await ask('fleet', 'Power of whole hosts', 'host_name')).toEqual({
      'node-1': near(600),
      'node-2': near(600),
    })
    expect(await ask('fleet', 'GPU share', '')).toEqual({ '': near(550 / 700) })
    expect(await ask('fleet', 'GPU share by host', 'host_name')).toEqual({
      'node-1': near(0.75),
      'node-2': near(250 / 300),
    })
    expect(await ask('fleet', 'Lowest coverage', '')).toEqual({ '': near(0.9) })
    expect(await ask('fleet', 'Runs', '')).toEqual({ '': 2 })
    // 35 samples a second for 700 W.
    expect(await ask('fleet', 'Work per joule by run name', 'ergometer_run_name')).toEqual({
      resnet: near(0.05),
    })
    expect(await ask('run', 'Work per joule', 'ergometer_work_unit')).toEqual({ samples: near(0.05) })
    expect(await ask('run', 'Power', '')).toEqual({ '': near(700) })
    expect(await ask('run', 'GPU share', '')).toEqual({ '': near(550 / 700) })
    expect(await ask('run', 'Power by component', 'hw_id')).toEqual({
      'GPU-1': near(300),
      'GPU-2': near(250),
      'rapl:package-0': expect.any(Number),
    })
  })

  settles('energy and emissions are those of the run from its begin', async () => {
    await queryUntil(store.url, 'count(ergometer:run_energy_joules:total) == 2')
    const { '': joules = 0 } = await ask('run', 'Energy', '')
    const { resnet: sameJoules = 0 } = await ask('fleet', 'Energy by run name', 'ergometer_run_name')
    const { average: grams = 0 } = await ask('run', 'CO2e', 'ergometer_carbon_kind')
    // Ten minutes, and the time since.
    const seconds = PAST + Date.now() / 1000 - now
    for (const value of [joules, sameJoules]) {
      expect(value).toBeGreaterThanOrEqual(700 * PAST)
      expect(value).toBeLessThanOrEqual(700 * seconds)
    }
    // What a store has known of the range: Prometheus since it began, the other one all of it but its first seconds.
    const { '': known = 0 } = await ask('fleet', 'Energy', '')
    expect(known).toBeGreaterThan(name.startsWith('Victoria') ? 0.95 * 700 * PAST : 0)
    expect(known).toBeLessThanOrEqual(1.001 * 700 * PAST)
    expect(grams).toBeGreaterThanOrEqual(0.02 * PAST)
    expect(grams).toBeLessThanOrEqual(0.02 * seconds)
  })
})
