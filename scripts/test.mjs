// Everything that must hold. `npm test` runs all checks; `npm test -- packages/core` hands its arguments to vitest alone.
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildAll, buildJavaScript } from './build.mjs'
import { setUp } from './setup.mjs'
import { readJson, run } from './workspace.mjs'

const total = { passed: 0, failed: 0, skipped: 0 }
const vitestArguments = process.argv.slice(2)

setUp()
if (vitestArguments.length > 0) {
  if (buildJavaScript() !== 0) total.failed += 1
  runVitest()
} else {
  await check('build', buildAll)
  await check('format and lint', () => run('biome', ['ci']))
  await check('types', () => run('tsc', ['--noEmit', '--project', 'tsconfig.json']))
  runVitest()
  await check('unused code', () => run('knip', ['--no-config-hints']))
  // Imported late: it needs what the set-up installs.
  await check('packages', async () => (await import('./lint-packages.mjs')).lintPackages())
}
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`)
process.exitCode = total.failed > 0 ? 1 : 0

/** A step counts as one test, and later steps go on after it. */
async function check(name, step) {
  const begin = performance.now()
  const passed = await succeeds(step)
  total[passed ? 'passed' : 'failed'] += 1
  console.log(`${passed ? 'ok' : 'FAILED'}: ${name} (${((performance.now() - begin) / 1000).toFixed(1)} s)`)
}

async function succeeds(step) {
  try {
    return (await step()) === 0
  } catch (error) {
    console.error(error)
    return false
  }
}

function runVitest() {
  const folder = mkdtempSync(join(tmpdir(), 'ergometer-test-'))
  const results = join(folder, 'results.json')
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${results}`]
  const code = run('vitest', ['run', ...reporters, ...vitestArguments])
  const failed = existsSync(results) ? count(readJson(results)) : 0
  rmSync(folder, { recursive: true, force: true })
  // No results at all, no tests, or an error outside of any test.
  if (code !== 0 && failed === 0) total.failed += 1
}

/** Adds vitest's results to the total; returns how many failed. */
function count({ numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults }) {
  // A file that cannot be loaded fails without a single test.
  const unloadable = testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  )
  const failed = numFailedTests + unloadable.length
  total.passed += numPassedTests
  total.failed += failed
  total.skipped += numPendingTests + numTodoTests
  return failed
}
