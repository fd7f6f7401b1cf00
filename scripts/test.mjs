// Everything that must hold. `npm test` runs all checks; `npm test -- packages/core` hands its arguments to vitest alone.
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { buildAll, buildJavaScript } from './build.mjs'
import { receivers } from './receivers.mjs'
import { setUp } from './setup.mjs'
import { readJson, root, run } from './workspace.mjs'

const total = { passed: 0, failed: 0, skipped: 0 }
/** When more than so many tests fail, it is not the machine. */
const MOST_UNSTEADY = 15
const vitestArguments = process.argv.slice(2)

setUp()
if (vitestArguments.length > 0) {
  if (buildJavaScript() !== 0) total.failed += 1
  tally(vitest(vitestArguments))
} else {
  await check('build', buildAll)
  await check('format and lint', () => run('biome', ['ci']))
  await check('types', () => run('tsc', ['--noEmit', '--project', 'tsconfig.json']))
  const { why } = receivers()
  if (why !== undefined) console.log(`tests with real receivers are skipped: ${why}`)
  runTests()
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

/**
 * Unit tests, then those of real processes in real time. What else a machine does is seen in these: where a few fail, their
 * files are run once more, one test at a time, and what fails then has failed.
 */
function runTests() {
  tally(vitest(['--project', 'units']))
  const live = vitest(['--project', 'live'])
  const unsteady = live.files.filter(({ failed }) => failed > 0)
  if (unsteady.length === 0 || sumOf(unsteady, 'failed') > MOST_UNSTEADY) return tally(live)
  const names = unsteady.map(({ name }) => relative(root, name))
  console.log(`failed beside others, now alone: ${names.join(', ')}`)
  tally({ code: 0, files: live.files.filter((file) => !unsteady.includes(file)) })
  tally(vitest(['--project', 'live', ...names], { ...process.env, TEST_ALONE: '1' }))
}

/** Runs vitest: its exit code, and how many tests of each file passed, failed and were skipped. */
function vitest(chosen, env = process.env) {
  const folder = mkdtempSync(join(tmpdir(), 'ergometer-test-'))
  const results = join(folder, 'results.json')
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${results}`]
  const code = run('vitest', ['run', ...reporters, ...chosen], { env })
  const files = existsSync(results) ? readJson(results).testResults.map(resultOf) : []
  rmSync(folder, { recursive: true, force: true })
  return { code, files }
}

function resultOf({ name, status, assertionResults }) {
  const having = (...statuses) => assertionResults.filter((one) => statuses.includes(one.status)).length
  // A file that cannot be loaded fails without a single test.
  const unloadable = status === 'failed' && assertionResults.length === 0 ? 1 : 0
  return {
    name,
    passed: having('passed'),
    failed: having('failed') + unloadable,
    skipped: having('skipped', 'pending', 'todo', 'disabled'),
  }
}

function tally({ code, files }) {
  for (const result of Object.keys(total)) total[result] += sumOf(files, result)
  // No results at all, no tests, or an error outside of any test.
  if (code !== 0 && sumOf(files, 'failed') === 0) total.failed += 1
}

function sumOf(files, key) {
  return files.reduce((sum, file) => sum + file[key], 0)
}
