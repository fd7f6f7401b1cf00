import { defineConfig } from 'vitest/config'

// Workspace packages are tested from their sources, without a build between an edit and its test.
const conditions = ['@ergometer/source', 'node', 'development|production']
// Everything else as Node itself finds it: what packages have for bundlers (`module`) does not always run in Node.
const resolve = { conditions, mainFields: [] }
const ssr = { resolve }

/** Tests of real processes in real time: what else the machine does is seen in them. */
const LIVE = [
  'packages/ergometer/test/**/*.test.ts',
  'packages/meter-*/test/{run,run-google-azure,moto}.test.ts',
  'packages/meter/test/{conformance,conformance-broken,isolated-meter,process-exit,readme}.test.ts',
  'packages/*/test/hardware.test.ts',
  'packages/otel/test/{panels,readme,rules}.test.ts',
  'test/{cluster,dashboards-doc,otel-sdks,out-of-tree,readme,receivers,writing-a-meter}.test.ts',
  'examples/*/test/**/*.test.ts',
]

/** What holds for both. */
const common = {
  // Processes of their own: tests send signals, read /proc/self and start recorders.
  pool: 'forks',
  testTimeout: 60_000,
  hookTimeout: 120_000,
} as const

export default defineConfig({
  test: {
    teardownTimeout: 5_000,
    projects: [
      {
        resolve,
        ssr,
        test: {
          ...common,
          name: 'units',
          include: ['packages/*/test/**/*.test.ts', 'test/**/*.test.ts'],
          exclude: ['**/node_modules/**', ...LIVE],
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        resolve,
        ssr,
        test: {
          ...common,
          name: 'live',
          include: LIVE,
          testTimeout: 120_000,
          // One file at a time, and few tests of it: each has several processes, which on a busy machine wait for each other.
          maxWorkers: 1,
          maxConcurrency: process.env['TEST_ALONE'] ? 1 : 3,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
})
