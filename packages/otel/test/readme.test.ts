import { mkdirSync, symlinkSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { codeBlock, document, root, Scratch } from '../../../test/samples.ts'
import { ATTRIBUTES, METRICS, SPAN_ATTRIBUTES } from '../src/names.ts'
import { COUNTERS } from '../src/series.ts'

const readme = document('packages/otel/README.md')

describe('the tables of names', () => {
  const rows = [...readme.matchAll(/^\| `([^`]+)` +\| (.*) \|$/gm)].map(([, name, cells]) => [
    name as string,
    (cells as string).split('|').map((cell) => cell.trim()),
  ]) as [string, string[]][]

  test('have every metric with its instrument and unit, and every attribute of a span', () => {
    const metrics = Object.entries(METRICS).map(([key, { name, unit }]) => [
      name,
      COUNTERS.has(key as keyof typeof METRICS) ? 'counter' : 'gauge',
      `\`${unit}\``,
    ])
    expect(
      rows.filter(([, cells]) => cells.length === 3).map(([name, cells]) => [name, ...cells.slice(0, 2)]),
    ).toEqual(metrics)
    expect(rows.filter(([, cells]) => cells.length === 1).map(([name]) => name)).toEqual(
      Object.values(SPAN_ATTRIBUTES),
    )
  })

  test('have every attribute of a metric, and no other', () => {
    const named = rows.flatMap(([, cells]) =>
      cells.length === 3
        ? [...(cells[2] ?? '').matchAll(/`([^`]+)`/g)].map(([, name]) => name as string)
        : [],
    )
    const attributes = named.filter((name) => /^(hw|ergometer)\.[a-z.]+$/.test(name) && !isMetric(name))
    expect([...new Set(attributes)].sort()).toEqual(Object.values(ATTRIBUTES).sort())
  })

  function isMetric(text: string): boolean {
    return Object.values(METRICS).some(({ name }) => name === text)
  }
})

describe('the samples', () => {
  const sample = (containing: string) => codeBlock(readme, 'ts', containing)
  const metered = `const metered = async () => { while (!(run.live()?.joules > 0)) await new Promise((resolve) => setTimeout(resolve, 50)) }`
  let here: Scratch

  beforeEach(() => {
    here = new Scratch()
    const meter = join(root, 'packages/ergometer/test/fixtures/steady-meter.mjs')
    here.file('ergometer.config.json', JSON.stringify({ meters: [meter] }))
    for (const [target, name] of [
      ['packages/otel', '@ergometer/otel'],
      ['packages/otel/node_modules/@opentelemetry', '@opentelemetry'],
    ] as const) {
      const path = join(here.folder, 'node_modules', name)
      mkdirSync(join(path, '..'), { recursive: true })
      symlinkSync(join(root, target), path)
    }
  })
  afterEach(() => here[Symbol.dispose]())

  test('two lines show hw.energy of a training, and its phases', async () => {
    const before = `${metered}
      import { metrics } from '@opentelemetry/api'
      import { ConsoleMetricExporter, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
      const trainEpoch = () => metered()
      const reader = new PeriodicExportingMetricReader({ exporter: new ConsoleMetricExporter(), exportIntervalMillis: 1e6 })
      const provider = new MeterProvider({ readers: [reader] })
      metrics.setGlobalMeterProvider(provider)`
    const after = `${sample('withSpan: true }')}
      await run.end()
      await provider.shutdown()`
    const { code, stdout, stderr } = await here.typescript(sample('observe(run)'), { before, after })
    expect(code, stderr).toBe(0)
    expect(stderr).toBe('')
    expect(stdout).toMatch(/name: 'hw\.energy'/)
    expect(stdout).toMatch(/'ergometer\.run\.name': 'nightly'/)
  })

  test('one line sets up an export', async () => {
    const requests: IncomingMessage[] = []
    const server = createServer((request, response) => {
      requests.push(request)
      request.resume().once('end', () => response.end())
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const before = `${metered}
      import { startRun } from 'ergometer'
      process.env.OTEL_EXPORTER_OTLP_METRICS_ENDPOINT = 'http://127.0.0.1:${port}/v1/metrics'
      const run = await startRun()`
    const after = 'await metered()\nawait run.end()'
    const { code, stderr } = await here.typescript(sample('await setUp(run)'), { before, after })
    server.close()
    server.closeAllConnections()
    expect(code, stderr).toBe(0)
    expect(stderr).toBe('')
    expect(requests.length).toBeGreaterThan(0)
    expect(requests[0]?.url).toBe('/v1/metrics')
    expect(requests[0]?.headers['content-type']).toBe('application/x-protobuf')
  })
})
