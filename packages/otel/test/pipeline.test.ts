import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { metricsUrl } from '../src/otlp-exporter.ts'
import { openPipeline, type Pipeline } from '../src/pipeline.ts'
import { standardPage } from '../src/prometheus-endpoint.ts'
import { OtlpReceiver } from './otlp-receiver.ts'

const said: string[] = []
const clock = () => performance.now() / 1000
const WORLD = {
  env: {},
  clock,
  began: (): number | undefined => undefined,
  trouble: (text: string) => void said.push(text),
}
let requests = 0
const server = createServer((request, response) => {
  requests++
  request.resume().once('end', () => response.writeHead(200).end())
})

beforeEach(async () => {
  requests = 0
  said.length = 0
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
})
afterEach(() => {
  server.closeAllConnections()
  server.close()
})

async function open(): Promise<Pipeline> {
  const { port } = server.address() as AddressInfo
  const pipeline = await openPipeline({ otlp: `http://127.0.0.1:${port}` }, {}, WORLD)
  pipeline.meterProvider.getMeter('test').createCounter('done').add(1)
  return pipeline
}

test('what has been flushed is not sent once more when the pipeline is closed', async () => {
  const pipeline = await open()
  await pipeline.flush(10)
  expect(requests).toBe(1)
  await pipeline.close(true)
  expect(requests).toBe(1)
  expect(said).toEqual([])
})

test('nor while the last scrape is waited for', async () => {
  const { port } = server.address() as AddressInfo
  const world = { ...WORLD, env: { OTEL_METRIC_EXPORT_INTERVAL: '50' } }
  const targets = { otlp: `http://127.0.0.1:${port}`, prometheus: '127.0.0.1:0' }
  const pipeline = await openPipeline(targets, {}, world)
  pipeline.meterProvider.getMeter('test').createCounter('done').add(1)
  await expect.poll(() => requests, { timeout: 30_000 }).toBeGreaterThan(2)
  await expect.poll(() => pipeline.address?.port).toBeGreaterThan(0)
  await pipeline.flush(10)
  const closed = pipeline.close(true)
  const sent = requests
  await new Promise((resolve) => setTimeout(resolve, 500))
  // One may have been on its way.
  expect(requests).toBeLessThanOrEqual(sent + 1)
  await (await fetch(`http://127.0.0.1:${pipeline.address?.port}/metrics`)).text()
  await closed
})

test('a collector that is down holds the end of a flush up no longer than asked', async () => {
  const pipeline = await open()
  server.close()
  await once(server, 'close')
  const begin = performance.now()
  await pipeline.flush(0.3)
  expect(performance.now() - begin).toBeLessThan(5000)
  await pipeline.close(true)
  expect(requests).toBe(0)
})

test.each([
  [true, 1],
  [false, 0],
])('the last scrape is waited for; it keeps the process alive: %s', async (holds, timers) => {
  const pipeline = await openPipeline({ prometheus: '127.0.0.1:0' }, {}, WORLD)
  await expect.poll(() => pipeline.address?.port).toBeGreaterThan(0)
  const alive = () => process.getActiveResourcesInfo().filter((one) => one === 'Timeout').length
  const before = alive()
  const closed = pipeline.close(true, holds)
  expect(alive() - before).toBe(timers)
  await (await fetch(`http://127.0.0.1:${pipeline.address?.port}/metrics`)).text()
  await closed
})

test('counters start with what is recorded, at one time whenever they are sent', async () => {
  const receiver = await OtlpReceiver.start()
  const begin = { seconds: clock() - 60, wall: Date.now() - 60_000 }
  let began: number | undefined
  const target = { url: receiver.url, protocol: 'http/json' } as const
  const pipeline = await openPipeline({ otlp: target }, {}, { ...WORLD, began: () => began })
  const meter = pipeline.meterProvider.getMeter('test')
  meter.createObservableCounter('taken').addCallback((result) => result.observe(3))
  meter.createObservableGauge('score').addCallback((result) => result.observe(4))
  await pipeline.flush(60)
  began = begin.seconds
  await pipeline.flush(60)
  await pipeline.flush(60)
  await pipeline.close(false)
  await receiver.close()
  const [unknown, known, later] = receiver.points.filter(({ metric }) => metric === 'taken')
  expect(unknown?.start).toBe(unknown?.time)
  expect(Math.abs((known?.start ?? 0) - begin.wall)).toBeLessThan(5000)
  expect(later?.start).toBe(known?.start)
  expect(later?.value).toBe(3)
  for (const { start } of receiver.points.filter(({ metric }) => metric === 'score'))
    expect(start).toBeGreaterThan(begin.wall + 50_000)
})

test.each(['', '/', '/v1/metrics', '/v1/metrics/'])('an endpoint may be the base or whole: %s', (path) => {
  expect(metricsUrl(`http://localhost:4318/otlp${path}?a=b`)).toBe(
    'http://localhost:4318/otlp/v1/metrics?a=b',
  )
})

test('a collector that fails is said, without the secrets of its address', async () => {
  const receiver = await OtlpReceiver.start(() => ({ status: 400 }))
  const url = `${receiver.url.replace('//', '//user:hidden@')}/x?api_key=hidden&a=b`
  const pipeline = await openPipeline({ otlp: { url, protocol: 'http/json' } }, {}, WORLD)
  pipeline.meterProvider.getMeter('test').createCounter('done').add(1)
  await pipeline.flush(60)
  await pipeline.close(false)
  await receiver.close()
  expect(receiver.paths).toEqual(['/x/v1/metrics?api_key=hidden&a=b'])
  expect(said).toEqual([expect.stringMatching(/cannot be sent to http:.*a=b: it answered 400/)])
  expect(said[0]).not.toContain('hidden')
})

test('a receiver that throws points away is said once, without its secrets', async () => {
  const partialSuccess = { rejectedDataPoints: 2, errorMessage: 'too old for hidden' }
  const receiver = await OtlpReceiver.start(() => ({ body: { partialSuccess } }))
  const target = { url: receiver.url.replace('//', '//user:hidden@'), protocol: 'http/json' } as const
  const pipeline = await openPipeline({ otlp: target }, {}, { ...WORLD, ownLog: true })
  pipeline.meterProvider.getMeter('test').createCounter('done').add(1)
  await pipeline.flush(60)
  await pipeline.flush(60)
  await pipeline.close(false)
  await receiver.close()
  expect(said).toEqual([
    expect.stringMatching(/^http:.* takes metrics and throws 2 points of them away \(too old for \*\*\*\)$/),
  ])
})

test.each([
  ['a run', { 'ergometer.run.id': 'a-run' }, /ergometer export RUN --to otlp=URL/],
  ['a node, which has no journal', {}, /: it answered 400 .*; it is tried again$/],
])('what to do about it is said of %s', async (_, attributes, words) => {
  const receiver = await OtlpReceiver.start(() => ({ status: 400 }))
  const target = { url: receiver.url, protocol: 'http/json' } as const
  const pipeline = await openPipeline({ otlp: target }, attributes, WORLD)
  pipeline.meterProvider.getMeter('test').createCounter('done').add(1)
  await pipeline.flush(60)
  await pipeline.close(false)
  await receiver.close()
  expect(said).toEqual([expect.stringMatching(words)])
})

test.each([
  [{ otlp: { url: 'http://[::1' } }, {}, "OTLP endpoint 'http://[::1'"],
  [
    { otlp: true },
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'localhost:4318' },
    "OTEL_EXPORTER_OTLP_ENDPOINT 'localhost:4318'",
  ],
  [
    { otlp: true },
    { OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'ftp://a:b@c', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c' },
    "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT 'ftp://***@c'",
  ],
  [{ otlp: { protocol: 'tcp' as 'grpc' } }, {}, "OTLP protocol 'tcp': expected http/protobuf"],
  [{ oltp: true } as object, {}, "export to: unknown 'oltp': expected otlp, prometheus"],
  [{ otlp: { protcol: 'grpc' } as object }, {}, "otlp: unknown 'protcol': expected url, protocol"],
  [{ prometheus: true }, { OTEL_EXPORTER_PROMETHEUS_PORT: 'x' }, "Prometheus endpoint ':x'"],
])('%o with %o makes no sense: one line', async (targets, env, line) => {
  const error = await openPipeline(targets, {}, { ...WORLD, env }).catch((cause: Error) => cause)
  expect((error as Error).message).toContain(line)
  expect((error as Error).message).not.toContain('\n')
})

test('an endpoint of gRPC needs no scheme; the page is where the standard variables say', async () => {
  const env = {
    OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
    OTEL_EXPORTER_OTLP_ENDPOINT: 'localhost:4317',
    OTEL_EXPORTER_PROMETHEUS_HOST: '::1',
    OTEL_EXPORTER_PROMETHEUS_PORT: '9999',
  }
  const pipeline = await openPipeline({ otlp: true }, {}, { ...WORLD, env })
  await pipeline.close(false)
  expect(standardPage(env)).toEqual({ host: '::1', port: 9999 })
  expect(standardPage({})).toEqual({ host: '127.0.0.1', port: 9464 })
})
