import type { LiveTotals } from '@ergometer/core'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { describe, expect, test } from 'vitest'
import { observe } from '../src/observe.ts'

const GPU = {
  id: 'nvml:GPU-1',
  identity: 'gpu:GPU-1',
  kind: 'gpu',
  label: 'H100',
  method: 'measured',
  coverage: 1,
  layer: 'component',
} as const

/** A run of one GPU that has taken so many joules. */
function totals(joules: number): LiveTotals {
  return {
    v: 1,
    t: 100,
    seconds: 10,
    joules,
    gramsCo2e: joules / 10_000,
    coverage: 1,
    byMethod: { measured: joules },
    work: { samples: joules / 2 },
    intensity: { kind: 'average', zone: 'FR', gramsPerKilowattHour: 44 },
    domains: [{ ...GPU, joules, watts: 90 }],
    health: [],
  }
}

describe('observe', () => {
  test('tells the totals to a provider that it is given', async () => {
    const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
    const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 1e6 })
    const meterProvider = new MeterProvider({ readers: [reader] })
    observe({ name: 'r', live: () => totals(900) }, { meterProvider })
    const { resourceMetrics, errors } = await reader.collect()
    expect(errors).toEqual([])
    const told = resourceMetrics.scopeMetrics[0]?.metrics.map(({ descriptor, dataPoints }) => [
      descriptor.name,
      dataPoints[0]?.value,
    ])
    expect(told).toEqual([
      ['hw.energy', 900],
      ['ergometer.run.energy', 900],
      ['ergometer.run.emissions', 0.09],
      ['ergometer.run.work', 450],
      ['ergometer.carbon.intensity', 44],
      ['ergometer.meter.coverage', 1],
    ])
  })
})
