// Everything that must hold. `npm test` runs all checks; `npm test -- packages/core` hands its arguments to vitest alone.
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { buildAll, buildJavaScript } from './build.mjs'
import { receivers } from './receivers.mjs'
import { setUp } from './setup.mjs'
import { readJson, root, run } from './workspace.mjs'

const total = { passed: 0, failed: 0, skipped: 0 }
/** What went wrong, said once more at the end, where it is found below all that went well. */
const remarks = []
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
  runTests('units')
  runTests('live')
  await check('unused code', () => run('knip', ['--no-config-hints']))
  // Imported late: it needs what the set-up installs.
  await check('packages', async () => (await import('./lint-packages.mjs')).lintPackages())
}
for (const remark of remarks) console.log(remark)
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`)
process.exitCode = total.failed > 0 ? 1 : 0

/** A step counts as one test, and later steps go on after it. */
async function check(name, step) {
  const begin = performance.now()
  const passed = await succeeds(step)
  total[passed ? 'passed' : 'failed'] += 1
  if (!passed) remarks.push(`FAILED: ${name}`)
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
 * Unit tests, then those of real processes in real time. What else a machine does is seen in both: where a few fail, their
 * files are run once more, one test at a time, and what fails then has failed.
 */
function runTests(project) {
  const first = vitest(['--project', project])
  const unsteady = first.files.filter(({ failed }) => failed > 0)
  if (unsteady.length === 0 || sumOf(unsteady, 'failed') > MOST_UNSTEADY) return tally(first)
  tally({ code: 0, files: first.files.filter((file) => !unsteady.includes(file)) })
  for (const { failures } of unsteady) remarks.push(...failures.map((one) => `failed beside others: ${one}`))
  const names = unsteady.map(({ name }) => relative(root, name))
  tally(vitest(['--project', project, ...names], { ...process.env, TEST_ALONE: '1' }))
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

function resultOf({ name, status, message, assertionResults }) {
  const having = (...statuses) => assertionResults.filter((one) => statuses.includes(one.status)).length
  // A file that cannot be loaded fails without a single test.
  const unloadable = status === 'failed' && assertionResults.length === 0 ? 1 : 0
  const of = `${relative(root, name)} > `
  return {
    name,
    failures: [
      ...(unloadable ? [`${of}${firstLine(message)}`] : []),
      ...assertionResults
        .filter((one) => one.status === 'failed')
        .map((one) => `${of}${one.fullName}: ${firstLine(one.failureMessages[0])}`),
    ],
    passed: having('passed'),
    failed: having('failed') + unloadable,
    skipped: having('skipped', 'pending', 'todo', 'disabled'),
  }
}

function firstLine(text = '') {
  return text.split('\n', 1)[0].slice(0, 300)
}

function tally({ code, files }) {
  for (const result of Object.keys(total)) total[result] += sumOf(files, result)
  for (const { failures } of files) remarks.push(...failures.map((one) => `FAILED: ${one}`))
  if (code === 0 || sumOf(files, 'failed') > 0) return
  total.failed += 1
  remarks.push('FAILED: no results, no tests, or an error outside of any test')
}

function sumOf(files, key) {
  return files.reduce((sum, file) => sum + file[key], 0)
}
