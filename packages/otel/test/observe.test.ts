import type { LiveDomain, LiveTotals, Report, RunExtension } from '@ergometer/core'
import { metrics, trace } from '@opentelemetry/api'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  type MetricReader,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { withFleetingGauges } from '../src/fleeting-gauges.ts'
import { type ObserveOptions, observe } from '../src/observe.ts'

const GPU: LiveDomain = {
  id: 'nvml:GPU-1',
  identity: 'gpu:GPU-1',
  kind: 'gpu',
  label: 'H100',
  method: 'measured',
  coverage: 1,
  layer: 'component',
}

/** A run whose totals are those of one GPU, unless it is told others. */
class FakeRun {
  readonly said: string[] = []
  readonly extensions: RunExtension[] = []
  totals: LiveTotals | undefined
  readonly name: string
  readonly attached: boolean
  readonly exported: boolean

  constructor(name = 'r', { attached = false, exported = false } = {}) {
    this.name = name
    this.attached = attached
    this.exported = exported
  }

  /** So many joules by now. */
  takes(joules: number, more: Partial<LiveTotals> = {}): this {
    this.totals = {
      v: 1,
      t: 100,
      seconds: 10,
      joules,
      coverage: 1,
      byMethod: { measured: joules },
      domains: [{ ...GPU, joules }],
      health: [],
      ...more,
    }
    return this
  }

  live(): LiveTotals | undefined {
    return this.totals
  }

  say(message: string): void {
    this.said.push(message)
  }

  extend(extension: RunExtension): void {
    this.extensions.push(extension)
  }

  async end(): Promise<void> {
    await Promise.all(this.extensions.map((one) => one.ended?.({} as Report)))
  }
}

function handReader(): MetricReader {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  return new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 1e6 })
}

/** A provider with one reader, or more. */
function setUp(...readers: MetricReader[]) {
  const all = readers.length > 0 ? readers : [handReader()]
  return { provider: new MeterProvider({ readers: all }), reader: all[0] as MetricReader }
}

/** What a reader sees: value by metric and attributes. */
async function seen(reader: MetricReader): Promise<Record<string, unknown>> {
  const { resourceMetrics, errors } = await reader.collect()
  expect(errors).toEqual([])
  const points = resourceMetrics.scopeMetrics
    .flatMap((scope) => scope.metrics)
    .flatMap(({ descriptor, dataPoints }) =>
      dataPoints.map(({ attributes, value }) => [
        [descriptor.name, ...Object.values(attributes)].join(' '),
        value,
      ]),
    )
  return Object.fromEntries(points)
}

const ENERGY = 'hw.energy GPU-1 H100 gpu'

function observed(run: FakeRun, options: ObserveOptions) {
  return observe(run, options)
}

describe('observe', () => {
  test('tells the totals to a provider that it is given', async () => {
    const { provider, reader } = setUp()
    const more = {
      gramsCo2e: 0.09,
      work: { samples: 450 },
      scores: { loss: 0.5 },
      intensity: { kind: 'average', zone: 'FR', gramsPerKilowattHour: 44 },
      meters: [{ name: 'nvml', failures: 0 }],
    } as const
    observed(new FakeRun().takes(900, more), { meterProvider: provider })
    expect(await seen(reader)).toEqual({
      [ENERGY]: 900,
      'ergometer.meter.coverage GPU-1': 1,
      'ergometer.run.energy r measured': 900,
      'ergometer.run.emissions r average': 0.09,
      'ergometer.run.work r samples': 450,
      'ergometer.run.score r loss': 0.5,
      'ergometer.carbon.intensity average FR': 44,
      'ergometer.meter.failures nvml': 0,
    })
  })

  test('two readers see the same, however often they look', async () => {
    const second = handReader()
    const { provider, reader } = setUp(handReader(), second)
    const run = new FakeRun().takes(10)
    observed(run, { meterProvider: provider })
    for (const joules of [10, 10, 25.5]) {
      run.takes(joules)
      const first = await seen(reader)
      expect(first[ENERGY]).toBe(joules)
      expect(await seen(second)).toEqual(first)
      expect(await seen(second)).toEqual(first)
    }
  })

  test('tells nothing while nothing is known, and domains as they come', async () => {
    const { provider, reader } = setUp()
    const run = new FakeRun()
    observed(run, { meterProvider: provider })
    expect(await seen(reader)).toEqual({})
    run.takes(0, { domains: [{ ...GPU, coverage: 0 }], byMethod: {} })
    expect(await seen(reader)).toEqual({ 'ergometer.meter.coverage GPU-1': 0 })
    const late = { ...GPU, id: 'rapl:package-0', identity: 'cpu:0', kind: 'cpu', label: 'CPU' } as const
    run.takes(7, {
      domains: [
        { ...GPU, joules: 5 },
        { ...late, joules: 2 },
      ],
    })
    expect(await seen(reader)).toMatchObject({ [ENERGY]: 5, 'hw.energy rapl:package-0 CPU cpu': 2 })
  })

  test('totals that make no sense tell nothing, and harm nobody', async () => {
    const { provider, reader } = setUp()
    observed(new FakeRun('good').takes(3), { meterProvider: provider })
    observe({ name: 'bad', live: () => ({}) as LiveTotals }, { meterProvider: provider })
    observe(
      {
        name: 'worse',
        live: () => {
          throw new Error('no disk')
        },
      },
      { meterProvider: provider },
    )
    expect(await seen(reader)).toMatchObject({ [ENERGY]: 3 })
  })

  test('power is told where it is asked for, and vanishes from our readers with its sensor', async () => {
    const { provider, reader } = setUp(withFleetingGauges(handReader()))
    const run = new FakeRun()
    const power = (watts?: number) =>
      run.takes(5, { domains: [{ ...GPU, joules: 5, ...(watts === undefined ? {} : { watts }) }] })
    power(90)
    const silent = observed(run, { meterProvider: provider })
    expect(await seen(reader)).not.toHaveProperty('hw.power GPU-1 H100 gpu')
    silent.stop()
    observed(power(90), { meterProvider: provider, power: true })
    expect(await seen(reader)).toHaveProperty('hw.power GPU-1 H100 gpu', 90)
    power()
    expect(await seen(reader)).not.toHaveProperty('hw.power GPU-1 H100 gpu')
  })

  test('runs of one name, one after another: counters go on', async () => {
    const { provider, reader } = setUp()
    const first = new FakeRun().takes(100)
    observed(first, { meterProvider: provider })
    expect(await seen(reader)).toMatchObject({ [ENERGY]: 100 })
    first.takes(120)
    await first.end()
    const second = new FakeRun()
    observed(second, { meterProvider: provider })
    expect(await seen(reader)).toMatchObject({ [ENERGY]: 120, 'ergometer.run.energy r measured': 120 })
    second.takes(30)
    expect(await seen(reader)).toMatchObject({ [ENERGY]: 150, 'ergometer.run.energy r measured': 150 })
  })

  test('runs at the same time: each has its own energy, the hardware counts once', async () => {
    const { provider, reader } = setUp()
    const [first, second] = [new FakeRun('a').takes(100), new FakeRun('b').takes(60)]
    observed(first, { meterProvider: provider })
    observed(second, { meterProvider: provider })
    expect(await seen(reader)).toMatchObject({
      [ENERGY]: 100,
      'ergometer.run.energy a measured': 100,
      'ergometer.run.energy b measured': 60,
    })
    first.takes(110)
    second.takes(70)
    await first.end()
    expect(await seen(reader)).toMatchObject({ [ENERGY]: 110 })
    second.takes(95)
    expect(await seen(reader)).toMatchObject({ [ENERGY]: 135, 'ergometer.run.energy b measured': 95 })
  })

  test('the last scores of a run are told for a while after it', async () => {
    const { provider, reader } = setUp(withFleetingGauges(handReader()))
    const run = new FakeRun().takes(1, { scores: { loss: 0.5 } })
    observed(run, { meterProvider: provider })
    await run.end()
    expect(await seen(reader)).toHaveProperty('ergometer.run.score r loss', 0.5)
    const later = performance.now() + 120_000
    vi.spyOn(performance, 'now').mockReturnValue(later)
    expect(await seen(reader)).not.toHaveProperty('ergometer.run.score r loss')
    vi.restoreAllMocks()
  })

  test('stopped, nothing more is told', async () => {
    const { provider, reader } = setUp()
    const run = new FakeRun().takes(10)
    const observation = observed(run, { meterProvider: provider })
    observation.stop()
    run.takes(20)
    expect(await seen(reader)).toMatchObject({ [ENERGY]: 10 })
  })

  test.each([
    [{ attached: true }, "run 'r' belongs to another process, which may export it"],
    [{ exported: true }, "run 'r' is exported by its recorder"],
  ])('%o: nothing is told, which is said once', async (how, said) => {
    const { provider, reader } = setUp()
    const run = new FakeRun('r', how).takes(10)
    observed(run, { meterProvider: provider })
    observed(run, {})
    expect(await seen(reader)).toEqual({})
    expect(run.said).toEqual([expect.stringContaining(said)])
  })
})

describe('the global provider', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  })
  afterEach(() => {
    vi.useRealTimers()
    metrics.disable()
    trace.disable()
  })

  test('that is there before is used, and one that comes later too', async () => {
    const before = setUp()
    metrics.setGlobalMeterProvider(before.provider)
    const run = new FakeRun().takes(10)
    observe(run)
    expect(await seen(before.reader)).toMatchObject({ [ENERGY]: 10 })
    metrics.disable()
    const after = setUp()
    metrics.setGlobalMeterProvider(after.provider)
    vi.advanceTimersByTime(1000)
    run.takes(25)
    expect(await seen(after.reader)).toMatchObject({ [ENERGY]: 25 })
    expect(await seen(before.reader)).toMatchObject({ [ENERGY]: 10 })
  })

  test('that comes just before the end of the run hears of it, and nobody looks any more', async () => {
    const run = new FakeRun().takes(10)
    const { provider, reader } = setUp()
    const others = vi.getTimerCount()
    observe(run)
    expect(vi.getTimerCount()).toBe(others + 1)
    metrics.setGlobalMeterProvider(provider)
    await run.end()
    expect(vi.getTimerCount()).toBe(others)
    expect(await seen(reader)).toMatchObject({ [ENERGY]: 10 })
  })
})
