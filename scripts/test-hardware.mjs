// The tests that `npm test` runs on made-up machines, on this one: every `hardware.test.ts`. Where something is not
// there, or may not be read, its tests print why and are skipped.
import { setUp } from './setup.mjs'
import { run } from './workspace.mjs'

setUp()
process.exitCode = run('vitest', ['run', 'hardware.test.ts', ...process.argv.slice(2)], {
  env: { ...process.env, ERGOMETER_HARDWARE: '1' },
})
