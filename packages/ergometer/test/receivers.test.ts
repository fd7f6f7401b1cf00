import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseFleetReport } from '@ergometer/core/fleet-schema'
import { describe, expect } from 'vitest'
import {
  freePort,
  promtool,
  query,
  queryUntil,
  startPrometheus,
  startVictoriaMetrics,
  whyNoReceivers,
} from '../../../test/receivers.ts'
import { domain, STEADY, test, untilMetered } from './processes.ts'

const RULES = ['ergometer', 'alerts', 'budget'].map((name) =>
  fileURLToPath(new URL(`../../otel/rules/${name}.yml`, import.meta.url)),
)
const meter = (options: object) => ['--meter', `${STEADY}=${JSON.stringify(options)}`]
const GPU = meter({ id: 'gpu', watts: 300 })
const CPU = meter({ id: 'cpu', kind: 'cpu', watts: 90 })
const HOST = meter({ id: 'host', kind: 'host', watts: 500, quantity: 'power' })
/** As a pod on a node is told where it is. */
const ON_NODE = { OTEL_RESOURCE_ATTRIBUTES: 'host.name=node-7,k8s.node.name=node-7' }

/** Type and unit of what a run tells, by name on Prometheus' page. */
const PAGE: Readonly<Record<string, readonly [type: string, unit: string]>> = {
  hw_energy_total: ['counter', 'J'],
  hw_power: ['gauge', 'W'],
  hw_host_energy_total: ['counter', 'J'],
  hw_host_power: ['gauge', 'W'],
  ergometer_run_energy_total: ['counter', 'J'],
  ergometer_run_emissions_total: ['counter', 'g'],
  ergometer_run_work_total: ['counter', '{work}'],
  ergometer_run_score: ['gauge', '{score}'],
  ergometer_carbon_intensity: ['gauge', '{gCO2e/kWh}'],
  ergometer_meter_failures_total: ['counter', '{failure}'],
  ergometer_meter_coverage: ['gauge', '1'],
}

/** The same over OTLP, as stores spell it. */
const OVER_OTLP = [
  'ergometer_carbon_intensity',
  'ergometer_meter_coverage_ratio',
  'ergometer_meter_failures_total',
  'ergometer_run_emissions_grams_total',
  'ergometer_run_energy_joules_total',
  'ergometer_run_score',
  'ergometer_run_work_total',
  'hw_energy_joules_total',
  'hw_host_energy_joules_total',
  'hw_host_power_watts',
  'hw_power_watts',
]

async function answer(url: string, path: string) {
  const { data } = (await (await fetch(`${url}/api/v1/${path}`)).json()) as { data: never }
  return data
}

/** The id of this installation; a container may have none. */
function machineId(): string | undefined {
  return existsSync('/etc/machine-id')
    ? readFileSync('/etc/machine-id', 'utf8').trim() || undefined
    : undefined
}

/** Waits until a sum that a store holds is true to 0.1 %. */
function arrives(url: string, selector: string, truth: number): Promise<unknown> {
  return queryUntil(
    url,
    `sum(last_over_time(${selector}[1h]))`,
    ([sum]) => Math.abs((sum?.value ?? Number.NaN) / truth - 1) < 1e-3,
  )
}

describe.skipIf(whyNoReceivers())('real receivers', () => {
  test('two Prometheus servers and VictoriaMetrics have the total of one run, and all that is documented', async ({
    place,
  }) => {
    const [port, agentPort] = [await freePort(), await freePort()]
    const targets = [`127.0.0.1:${port}`, `127.0.0.1:${agentPort}`]
    const prometheus = await startPrometheus({ targets, rules: RULES })
    const second = await startPrometheus({ targets: [`127.0.0.1:${port}`] })
    const store = await startVictoriaMetrics()
    try {
      const agent = place.ergometer(['agent', ...GPU, `--prometheus=127.0.0.1:${agentPort}`], {
        env: ON_NODE,
      })
      const script = place.training(`
        const run = await startRun()
        const more = setInterval(() => { run.work({ samples: 64 }); run.score({ accuracy: 0.9 }) }, 50)
        await run.phase('epoch', told)
        clearInterval(more)
        await run.end()`)
      const wanted = [`--prometheus=127.0.0.1:${port}`, `--otlp=${store.otlpEndpoint}`, '--zone', 'FR']
      const running = place.ergometer(
        ['run', ...GPU, ...CPU, ...HOST, ...wanted, '--name', 'r', '--', process.execPath, script],
        { env: { ...ON_NODE, OTEL_METRIC_EXPORT_INTERVAL: '1000' } },
      )
      // Long enough for servers to be known, and for rates.
      for (const { url } of [prometheus, second])
        await queryUntil(url, 'count_over_time(ergometer_run_work_total[1h]) >= 3')
      const device = await queryUntil(
        prometheus.url,
        'ergometer:device_power_watts:mean5m{hw_id="steady:gpu"} and on () (count(ergometer:hw_power_watts:mean5m{hw_id="steady:gpu"}) == 2)',
      )
      expect(device.map(({ labels }) => labels['host_name'])).toEqual(['node-7'])
      const page = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
      await expectRules(prometheus.url)
      running.tell('enough')
      expect(await running.ended).toMatchObject({ code: 0 })

      const { run, energy, carbon, work } = await place.stored()
      const joules = energy.joules as number
      for (const { url } of [prometheus, second]) {
        const own = `instance="127.0.0.1:${port}"`
        await arrives(url, `ergometer_run_energy_total{${own}}`, joules)
        await arrives(url, `hw_energy_total{${own}}`, joules)
        await arrives(
          url,
          'hw_host_energy_total',
          domain({ energy } as never, 'steady:host').joules as number,
        )
        await arrives(url, 'ergometer_run_emissions_total', carbon.gramsCo2e as number)
        await arrives(url, 'ergometer_run_work_total', work['samples'] as number)
      }
      const ofRun = `{ergometer_run_id="${run.id}"}`
      await arrives(store.url, `ergometer_run_energy_joules_total${ofRun}`, joules)
      await arrives(store.url, `hw_energy_joules_total${ofRun}`, joules)
      await arrives(store.url, `ergometer_run_emissions_grams_total${ofRun}`, carbon.gramsCo2e as number)

      // What it is made of, and where from.
      const series = await query(
        prometheus.url,
        `last_over_time(hw_energy_total{instance="${targets[0]}"}[1h])`,
      )
      expect(series.map(({ labels }) => [labels['hw_id'], labels['hw_type']]).sort()).toEqual([
        ['steady:cpu', 'cpu'],
        ['steady:gpu', 'gpu'],
      ])
      const machine = machineId() ?? expect.any(String)
      const origins = await query(prometheus.url, 'last_over_time(target_info[1h])')
      expect(origins.map(({ labels }) => labels)).toEqual(
        expect.arrayContaining([
          expect.objectContaining({
            ergometer_run_id: run.id,
            service_instance_id: run.id,
            host_id: machine,
          }),
          expect.objectContaining({
            host_name: 'node-7',
            k8s_node_name: 'node-7',
            host_id: machine,
            service_instance_id: machine,
          }),
        ]),
      )

      // Types and units, on the page and in the stores.
      const told = Object.fromEntries(
        [...page.matchAll(/^# UNIT (\S+) (.*)\n# TYPE \1 (\S+)$/gm)].map(([, name, unit, type]) => [
          name,
          [type, unit],
        ]),
      )
      expect(told).toEqual(PAGE)
      expect(promtool(['check', 'metrics'], page)).toEqual({ code: 0, output: '' })
      const metadata: Record<string, { type: string; help: string }[]> = await answer(
        prometheus.url,
        'metadata',
      )
      for (const [name, [type]] of Object.entries(PAGE))
        expect([name, metadata[name]?.[0]?.type]).toEqual([name, type])
      const names: string[] = await answer(store.url, 'label/__name__/values')
      expect(names.filter((name) => name !== 'target_info')).toEqual(OVER_OTLP)
      agent.kill('SIGTERM')
      expect((await agent.ended).code).toBe(0)
    } finally {
      await Promise.all([prometheus.stop(), second.stop(), store.stop()])
    }
  })

  /** Every rule evaluates, and what they say of a run's energy is what was scraped. */
  async function expectRules(url: string): Promise<void> {
    const { groups } = (await answer(url, 'rules')) as {
      groups: { rules: { name: string; health: string; lastError?: string }[] }[]
    }
    const rules = groups.flatMap((group) => group.rules)
    expect(rules.length).toBeGreaterThan(20)
    expect(rules.filter(({ health, lastError }) => health === 'err' || lastError)).toEqual([])
    const [at] = await queryUntil(url, 'timestamp(ergometer:run_energy_joules:total)')
    const [recorded] = await query(url, 'sum(ergometer:run_energy_joules:total)', at?.value)
    const [scraped] = await query(url, 'sum(ergometer_run_energy_total)', at?.value)
    expect(recorded?.value).toBe(scraped?.value)
    expect(recorded?.value).toBeGreaterThan(0)
  }

  test('runs that are shorter than the pause between two scrapes, one after another, are all there, whole', async ({
    place,
  }) => {
    const port = await freePort()
    const prometheus = await startPrometheus({ targets: [`127.0.0.1:${port}`], every: 3 })
    try {
      const homes = ['first', 'second', 'third']
      for (const home of homes) {
        const args = [
          'run',
          '--meter',
          STEADY,
          `--prometheus=127.0.0.1:${port}`,
          '--name',
          'r',
          '--home',
          join(place.directory, home),
        ]
        expect(await place.cli([...args, '--', ...untilMetered(60)])).toMatchObject({ code: 3 })
      }
      const reports = await Promise.all(homes.map((home) => place.stored(join(place.directory, home))))
      await queryUntil(
        prometheus.url,
        'last_over_time(target_info[1h])',
        (found) => found.length === homes.length,
      )
      const args = [
        'report',
        '--from-prometheus',
        prometheus.url,
        '--run-name',
        'r',
        '--since',
        '1h',
        '--json',
      ]
      const { code, stdout, stderr } = await place.cli(args)
      expect([stderr, code]).toEqual(['', 0])
      const fleet = parseFleetReport(JSON.parse(stdout.toString()))
      const byId = new Map(fleet.nodes.map((node) => [node.runId, node.joules]))
      expect(byId.size).toBe(homes.length)
      for (const { run, energy } of reports)
        expect(Math.abs((byId.get(run.id) ?? Number.NaN) / (energy.joules as number) - 1)).toBeLessThan(1e-3)
    } finally {
      await prometheus.stop()
    }
  })
})
