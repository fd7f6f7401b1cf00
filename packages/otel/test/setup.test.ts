import type { RunExtension } from '@ergometer/core'
import { afterEach, expect, test, vi } from 'vitest'
import { setUp } from '../src/setup.ts'
import { OtlpReceiver } from './otlp-receiver.ts'

afterEach(() => {
  vi.unstubAllEnvs()
})

/** A run of which nothing but its end is known: what is sent then. */
async function sent(env: Readonly<Record<string, string>>, targets?: Parameters<typeof setUp>[1]) {
  const receiver = await OtlpReceiver.start()
  vi.stubEnv('OTEL_EXPORTER_OTLP_PROTOCOL', 'http/json')
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', receiver.url)
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
  const extensions: RunExtension[] = []
  const domain = { id: 'nvml:GPU-7', kind: 'gpu', label: 'H100', layer: 'hardware', joules: 12, coverage: 1 }
  const live = { v: 1, t: 1, seconds: 1, coverage: 1, domains: [domain], work: { samples: 3 }, health: [] }
  const run = {
    id: 'a-run',
    name: 'a run',
    live: () => live as never,
    extend: (one: RunExtension) => void extensions.push(one),
  }
  await setUp(run, targets)
  for (const one of extensions) await one.ended?.({} as never)
  await receiver.close()
  return receiver.points.length
}

test.each([
  [{ OTEL_SDK_DISABLED: 'true' }],
  [{ OTEL_SDK_DISABLED: 'TRUE' }],
  [{ OTEL_METRICS_EXPORTER: 'none' }],
  [{ OTEL_METRICS_EXPORTER: 'console' }],
])('where nothing is asked for, the standard variables may turn it off: %j', async (env) => {
  expect(await sent(env)).toBe(0)
})

test.each([[{}], [{ OTEL_METRICS_EXPORTER: 'otlp , console' }], [{ OTEL_SDK_DISABLED: 'false' }]])(
  'else metrics go out over OTLP: %j',
  async (env) => {
    expect(await sent(env)).toBeGreaterThan(0)
  },
)

test('a target in code counts more than they do', async () => {
  expect(await sent({ OTEL_METRICS_EXPORTER: 'none' }, { otlp: true })).toBeGreaterThan(0)
})

test('a page for Prometheus is served where they ask for one', async () => {
  vi.stubEnv('OTEL_METRICS_EXPORTER', 'prometheus')
  vi.stubEnv('OTEL_EXPORTER_PROMETHEUS_PORT', '99999')
  const run = { id: 'a-run', name: 'a run', live: () => undefined, extend: () => {} }
  await expect(setUp(run)).rejects.toThrow("Prometheus endpoint ':99999'")
})

test('a target whose name is misspelt is refused', async () => {
  await expect(sent({}, { oltp: true } as never)).rejects.toThrow("unknown 'oltp'")
})
