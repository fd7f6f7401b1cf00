// What holds on both lines of the OpenTelemetry SDK: run by each of test/otel-sdk-*, with an API and an SDK of its own.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const STEADY = fileURLToPath(new URL('../packages/ergometer/test/fixtures/steady-meter.mjs', import.meta.url))
/** Milliseconds that something may take on a busy machine. */
const PATIENCE = 60_000
const GPU = {
  id: 'nvml:0',
  identity: 'gpu:GPU-1',
  kind: 'gpu',
  label: 'H100',
  method: 'measured',
  layer: 'component',
}

/**
 * Declares the tests. `line`: the versions that are expected, of the API and of the SDK; `from`, `adapterModule`: URLs
 * of the module that runs the suite and of the adapter; everything else: the modules that it has.
 */
export function holds({
  line,
  api,
  contexts,
  metrics,
  traces,
  adapter,
  setup,
  adapterModule,
  startRun,
  from,
}) {
  const { observe } = adapter
  const ownRequire = createRequire(from)
  const warnings = []
  const place = mkdtempSync(join(tmpdir(), 'ergometer-otel-'))
  const spans = new traces.InMemorySpanExporter()

  before(() => {
    process.on('warning', (warning) => warnings.push(warning.message))
    for (const name of ['log', 'warn', 'error']) console[name] = (...words) => warnings.push(words.join(' '))
  })
  after(() => {
    rmSync(place, { recursive: true, force: true })
    api.metrics.disable()
    api.trace.disable()
  })

  test('the adapter has the API and the SDK of this line', () => {
    const adapterRequire = createRequire(adapterModule)
    for (const [name, version] of [
      ['@opentelemetry/api', line.api],
      ['@opentelemetry/sdk-metrics', line.sdk],
    ]) {
      const own = ownRequire.resolve(name)
      assert.equal(adapterRequire.resolve(name), own)
      assert.match(versionOf(own, name), version)
    }
  })

  test('without an SDK nothing happens, and nobody is warned', async () => {
    const run = new FakeRun()
    const observation = observe(run, { withSpan: true })
    run.joules = 100
    assert.equal(run.extensions[0].phase('epoch', {}), undefined)
    await run.end()
    observation.stop()
    assert.deepEqual(warnings, [])
  })

  test('a global provider that is set after the run was observed is found', async () => {
    const run = new FakeRun()
    observe(run)
    const reader = handReader()
    const provider = new metrics.MeterProvider({ readers: [reader] })
    api.metrics.setGlobalMeterProvider(provider)
    assert.match(globalThis[Symbol.for('opentelemetry.js.api.1')].version, line.api)
    run.joules = 40
    const told = await eventually(async () => {
      const points = await collect(reader)
      return points['hw.energy'] && points
    })
    assert.deepEqual(told['hw.energy'], [
      { value: 40, 'hw.id': 'GPU-1', 'hw.name': 'H100', 'hw.type': 'gpu' },
    ])
    assert.equal(told['hw.power'], undefined)
    run.joules = 60
    await run.end()
    assert.equal((await collect(reader))['hw.energy'][0].value, 60)
    await provider.shutdown()
  })

  test('two readers of a provider that is given see the same, and unknown is absent', async () => {
    const [reader, second] = [handReader(), handReader()]
    const provider = new metrics.MeterProvider({ readers: [reader, second] })
    const run = new FakeRun()
    observe(run, { meterProvider: provider, power: true })
    assert.equal((await collect(reader))['hw.energy'], undefined)
    run.joules = 1250.75
    run.watts = 90
    const points = await collect(reader)
    assert.deepEqual(await collect(second), points)
    assert.equal(points['hw.energy'][0].value, 1250.75)
    assert.equal(points['hw.power'][0].value, 90)
    assert.deepEqual(points['ergometer.run.energy'], [
      { value: 1250.75, 'ergometer.run.name': 'fake', 'ergometer.energy.method': 'measured' },
    ])
    await provider.shutdown()
  })

  for (const [protocol, type] of [
    ['http/json', 'application/json'],
    ['http/protobuf', 'application/x-protobuf'],
  ]) {
    test(`OTLP over ${protocol}: the last totals arrive at the end of the run`, async () => {
      const receiver = await Receiver.listen()
      const run = new FakeRun()
      await setup.setUp(run, { otlp: { url: receiver.url, protocol } })
      run.joules = 4321.125
      await run.end()
      const { path, headers, body } = await eventually(async () => receiver.requests.at(-1))
      assert.equal(path, '/v1/metrics')
      assert.equal(headers['content-type'], type)
      for (const name of ['hw.energy', 'ergometer.run.energy', 'ergometer.run.id', 'fake-id']) {
        assert.ok(body.includes(name), name)
      }
      const double = Buffer.alloc(8)
      double.writeDoubleLE(run.joules)
      assert.ok(body.includes(protocol === 'http/json' ? '"asDouble":4321.125' : double))
      assert.deepEqual(run.said, [])
      await receiver.close()
    })
  }

  test('a page for Prometheus, from which a gauge vanishes with its sensor', async () => {
    const world = {
      env: {},
      clock: () => performance.now() / 1000,
      trouble: (message) => assert.fail(message),
    }
    const pipe = await setup.openPipeline({ prometheus: '127.0.0.1:0' }, { 'service.name': 'fake' }, world)
    const { port } = await eventually(async () => pipe.address?.port && pipe.address)
    const page = async () => (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
    const run = new FakeRun()
    observe(run, { meterProvider: pipe.meterProvider, power: true })
    run.joules = 12
    run.watts = 90
    const before = await page()
    assert.match(before, /^# TYPE hw_energy_total counter$/m)
    assert.match(before, /^hw_energy_total\{hw_id="GPU-1",hw_name="H100",hw_type="gpu"\} 12$/m)
    assert.match(before, /^hw_power\{.*\} 90$/m)
    assert.match(before, /^target_info\{service_name="fake"\} 1$/m)
    run.watts = undefined
    assert.doesNotMatch(await page(), /^hw_power\{/m)
    await pipe.close(false)
  })

  test('phases of a real run are spans with their energy', async () => {
    api.context.setGlobalContextManager(new contexts.AsyncLocalStorageContextManager().enable())
    const processor = new traces.SimpleSpanProcessor({ exporter: spans })
    api.trace.setGlobalTracerProvider(new traces.TracerProvider({ spanProcessors: [processor] }))
    const receiver = await Receiver.listen()
    const run = await startRun({ name: 'real', meters: [STEADY], home: place, intensity: 360 })
    observe(run)
    await setup.setUp(run, { otlp: { url: receiver.url, protocol: 'http/json' } })
    await eventually(async () => run.live()?.joules > 0)
    const nested = () => api.trace.getTracer('app').startSpan('inside').end()
    const epochs = async () => {
      await sleep(1200)
      nested()
      return 'done'
    }
    const result = await run.phase('epoch', epochs, { withSpan: true })
    assert.equal(result, 'done')
    run.phase('no span', () => {})
    assert.throws(
      () => run.phase('broken', () => assert.fail('out of memory'), { withSpan: true }),
      /out of memory/,
    )
    const open = run.phase('open', { withSpan: true })
    await sleep(300)
    open.end()
    const report = await run.end()

    const finished = new Map(spans.getFinishedSpans().map((span) => [span.name, span]))
    assert.deepEqual([...finished.keys()].sort(), ['broken', 'epoch', 'inside', 'open'])
    const epoch = finished.get('epoch')
    const inside = finished.get('inside')
    assert.equal(inside.parentSpanContext?.spanId, epoch.spanContext().spanId)
    const joulesOf = (name) => report.phases.find((phase) => phase.name === name).joules
    for (const name of ['epoch', 'open']) {
      const { attributes, duration } = finished.get(name)
      close(attributes['ergometer.phase.energy'], joulesOf(name), 0.5)
      close(attributes['ergometer.phase.emissions'], attributes['ergometer.phase.energy'] / 1e4, 1e-6)
      assert.ok(attributes['ergometer.phase.coverage'] > 0.5)
      assert.equal(attributes['ergometer.run.id'], run.id)
      const seconds = duration[0] + duration[1] / 1e9
      close(seconds, report.phases.find((phase) => phase.name === name).seconds, 0.05)
    }
    const broken = finished.get('broken')
    assert.equal(broken.status.code, api.SpanStatusCode.ERROR)
    assert.equal(broken.events[0].name, 'exception')

    const last = JSON.parse(receiver.requests.at(-1).body)
    const sums = last.resourceMetrics[0].scopeMetrics[0].metrics
    const energy = sums.find(({ name }) => name === 'ergometer.run.energy').sum
    assert.equal(energy.aggregationTemporality, 2)
    const total = energy.dataPoints.reduce((sum, { asDouble, asInt }) => sum + Number(asDouble ?? asInt), 0)
    close(total, report.energy.joules, report.energy.joules / 1000)
    await receiver.close()
  })

  test('in all of this nobody was warned', () => assert.deepEqual(warnings, []))

  /** A reader that is asked by hand. */
  function handReader() {
    const exporter = new metrics.InMemoryMetricExporter(metrics.AggregationTemporality.CUMULATIVE)
    return new metrics.PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 1e9 })
  }
}

/** A run of one GPU, as far as the adapter sees it. */
class FakeRun {
  id = 'fake-id'
  name = 'fake'
  attached = false
  exported = false
  said = []
  extensions = []
  joules
  watts

  live() {
    const { joules, watts } = this
    const known = { ...(joules === undefined ? {} : { joules }), ...(watts === undefined ? {} : { watts }) }
    return {
      v: 1,
      t: 100,
      seconds: 10,
      coverage: 1,
      ...known,
      ...(joules === undefined ? {} : { byMethod: { measured: joules } }),
      domains: [{ ...GPU, coverage: 1, ...known }],
      health: [],
    }
  }

  say(message) {
    this.said.push(message)
  }

  extend(extension) {
    this.extensions.push(extension)
  }

  async end() {
    await Promise.all(this.extensions.map((one) => one.ended?.({})))
  }
}

/** A collector that takes everything. */
class Receiver {
  requests = []
  #server = createServer(async (request, response) => {
    const chunks = await request.toArray()
    const { url: path, headers } = request
    this.requests.push({ path, headers, body: Buffer.concat(chunks) })
    response.writeHead(200, { 'content-type': headers['content-type'] })
    response.end(headers['content-type'] === 'application/json' ? '{}' : '')
  })

  static async listen() {
    const receiver = new Receiver()
    receiver.#server.listen(0, '127.0.0.1')
    await once(receiver.#server, 'listening')
    return receiver
  }

  get url() {
    return `http://127.0.0.1:${this.#server.address().port}`
  }

  async close() {
    this.#server.close()
    this.#server.closeAllConnections()
  }
}

/** What a reader sees now: by metric, its points. */
async function collect(reader) {
  const { resourceMetrics, errors } = await reader.collect()
  assert.deepEqual(errors, [])
  const told = resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics)
  return Object.fromEntries(
    told.map(({ descriptor, dataPoints }) => [
      descriptor.name,
      dataPoints.map(({ value, attributes }) => ({ value, ...attributes })),
    ]),
  )
}

/** The version of a package, of which a file is known. */
function versionOf(file, name) {
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    try {
      const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
      if (manifest.name === name) return manifest.version
    } catch {
      assert.notEqual(folder, dirname(folder), `${file} is in no package ${name}`)
    }
  }
}

function close(value, expected, by) {
  assert.ok(Math.abs(value - expected) <= by, `${value}, expected ${expected} by ${by}`)
}

const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds))

/** What it resolves to once that is something. */
async function eventually(look) {
  const deadline = performance.now() + PATIENCE
  for (;;) {
    const found = await look()
    if (found) return found
    assert.ok(performance.now() < deadline, `${look}: not within ${PATIENCE} ms`)
    await sleep(20)
  }
}
