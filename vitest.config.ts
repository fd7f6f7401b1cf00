import { defineConfig } from 'vitest/config'

// Workspace packages are tested from their sources, without a build between an edit and its test.
const conditions = ['@ergometer/source', 'module', 'node', 'development|production']

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['packages/*/test/**/*.test.ts', 'test/**/*.test.ts', 'examples/*/test/**/*.test.ts'],
    // Processes of their own: tests send signals, read /proc/self and start recorders.
    pool: 'forks',
    maxWorkers: 2,
    // Each end-to-end test has processes of its own: more at once only wait for each other.
    maxConcurrency: 3,
    testTimeout: 20_000,
    hookTimeout: 20_000,
    teardownTimeout: 5_000,
  },
})
