import { parseFleetReport } from '@ergometer/core/fleet-schema'
import { describe, expect } from 'vitest'
import {
  freePort,
  queryUntil,
  startPrometheus,
  startVictoriaMetrics,
  whyNoReceivers,
} from '../../../test/receivers.ts'
import { FIXTURES, type Place, type Running, test } from './processes.ts'

/** A name that is hard to quote. */
const NAME = 'mnist "ddp" \\ é'

/** What a node has counted by now, as its own report would have it. */
function figures(node: number, step: number) {
  return {
    energy: { measured: 1234.5 * step * node, ...(node === 2 ? { modelled: 77.125 * step } : {}) },
    emissions: { average: 0.3 * step * node },
    work: { samples: 640 * step },
    score: { accuracy: 0.5 + step / 100 },
    coverage: { 'rapl:package-0': 1 },
    kinds: { cpu: 1234.5 * step * node + (node === 2 ? 77.125 * step : 0) },
  }
}

function nodeOf(place: Place, host: string, runId: string, roads: object): Running {
  const run = { name: NAME, host, runId, ...roads }
  return place.node(`${FIXTURES}/simulated-node.mjs`, [JSON.stringify(run)])
}

let marks = 0

/** Lets a node count so far, and push it. */
async function count(node: Running, what: object): Promise<void> {
  const mark = `pushed ${++marks} `
  node.tell(JSON.stringify({ ...what, mark }))
  await node.said(mark)
}

async function fleetOf(place: Place, url: string) {
  const args = ['report', '--from-prometheus', url, '--run-name', NAME, '--since', '1h', '--json']
  const { code, stdout, stderr } = await place.cli(args)
  expect([stderr, code]).toEqual(['', 0])
  return parseFleetReport(JSON.parse(stdout.toString()))
}

/** Sums of what three nodes had counted in the end, each after steps of its own. */
function sums(steps: readonly number[]) {
  const all = steps.map((step, at) => figures(at + 1, step))
  const sum = (value: (one: ReturnType<typeof figures>) => number) =>
    all.reduce((total, one) => total + value(one), 0)
  return {
    joules: sum(({ energy }) => energy.measured + (energy.modelled ?? 0)),
    grams: sum(({ emissions }) => emissions.average),
    samples: sum(({ work }) => work.samples),
  }
}

describe.skipIf(whyNoReceivers())('the report of three nodes', () => {
  test('is the sum of theirs, from what they pushed to VictoriaMetrics', async ({ place }) => {
    const store = await startVictoriaMetrics()
    try {
      const steps = [3, 2, 4]
      const otlp = [`${store.otlpEndpoint}/v1/metrics`]
      await Promise.all(
        steps.map(async (last, at) => {
          const node = nodeOf(place, `node-${at + 1}`, `run-${at + 1}`, { otlp })
          await node.said('ready')
          for (let step = 1; step <= last; step++) await count(node, figures(at + 1, step))
          node.child.stdin?.end()
          await node.ended
        }),
      )
      // Makes what was pushed visible at once.
      await fetch(`${store.url}/internal/force_flush`)
      const report = await fleetOf(place, store.url)
      expectSums(report, sums(steps))
      expect(report.health).toEqual([])
      expect(report.nodes.map(({ host, runId }) => [host, runId])).toEqual([
        ['node-1', 'run-1'],
        ['node-2', 'run-2'],
        ['node-3', 'run-3'],
      ])
      // The same runs over a second road.
      const now = Date.now()
      const scraped = 'job="ergometer",instance="n1:9464"'
      await store.load(
        `target_info{${scraped},ergometer_run_id="run-1",host_name="node-1"} 1 ${now}
ergometer_run_energy_total{${scraped},ergometer_run_name=${JSON.stringify(NAME)},ergometer_energy_method="measured"} 1000 ${now}
`,
      )
      const again = await fleetOf(place, store.url)
      expectSums(again, sums(steps))
      expect(again.health.map(({ code }) => code)).toEqual(['counted-once'])
    } finally {
      await store.stop()
    }
  })

  test('is the sum of theirs, from what Prometheus scraped', async ({ place }) => {
    const ports = await Promise.all([freePort(), freePort(), freePort()])
    const nodes = ports.map((port, at) => nodeOf(place, `node-${at + 1}`, `run-${at + 1}`, { port }))
    await Promise.all(nodes.map((node) => node.said('ready')))
    const steps = [5, 3, 4]
    await Promise.all(nodes.map((node, at) => count(node, figures(at + 1, steps[at] as number))))
    const prometheus = await startPrometheus({ targets: ports.map((port) => `127.0.0.1:${port}`) })
    try {
      await queryUntil(
        prometheus.url,
        'ergometer_run_energy_total and on (job, instance) target_info',
        (found) => found.length === 4,
      )
      const report = await fleetOf(place, prometheus.url)
      expectSums(report, sums(steps))
      expect(report.nodes.map(({ runId, instance }) => [runId, instance])).toEqual(
        ports.map((port, at) => [`run-${at + 1}`, `127.0.0.1:${port}`]),
      )
      expect(report.health).toEqual([])
    } finally {
      await prometheus.stop()
    }
  })
})

function expectSums(
  report: Awaited<ReturnType<typeof fleetOf>>,
  { joules, grams, samples }: ReturnType<typeof sums>,
) {
  const near = (value: number | undefined, truth: number) =>
    expect(Math.abs((value ?? Number.NaN) / truth - 1)).toBeLessThan(1e-6)
  near(report.energy.joules, joules)
  near(report.energy.byKind?.['cpu'], joules)
  near(report.carbon.gramsCo2e, grams)
  near(report.work['samples'], samples)
  near(report.efficiency['samples']?.perJoule, samples / joules)
  for (const key of ['joules', 'gramsCo2e'] as const)
    near(
      report.nodes.reduce((sum, node) => sum + (node[key] ?? 0), 0),
      key === 'joules' ? joules : grams,
    )
}
