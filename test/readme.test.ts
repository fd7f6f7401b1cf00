import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { codeBlock, codeBlocks, document, findPython, type Outcome, root, Scratch } from './samples.ts'

const readme = document('README.md')
const python = await findPython()
// Whoever waits for a report gives up after 2 s, which a recorder on a machine full of tests may need.
const BUSY = { retry: 2 }
const NO_PYTHON = 'no Python from 3.8 on this machine'

let here: Scratch
beforeEach(() => {
  here = new Scratch()
  here.command('python', `exec ${python} "$@"`)
})
afterEach(() => here[Symbol.dispose]())

function expectSuccess({ code, stderr }: Outcome): void {
  expect(code, stderr).toBe(0)
}

/** Numbers that a sample prints on its last line. */
function numbersOf({ stdout }: Outcome): number[] {
  return (stdout.trim().split('\n').at(-1) ?? '').split(' ').map(Number)
}

/** What a reader has around the samples: a training whose steps take so many milliseconds. */
const training = (step: number) => `
const batches = Array.from({ length: 5 }, () => ({ size: 64 }))
let accuracy = 0.8
async function step() {
  const end = performance.now() + ${step}
  while (performance.now() < end);
}
async function evaluate() {
  await step()
  return (accuracy += 0.01)
}`

describe('the TypeScript samples', BUSY, () => {
  test('startRun gives kWh, grams of CO2e and samples per joule', async () => {
    const sample = codeBlock(readme, 'ts', 'startRun({')
    const outcome = await here.typescript(sample, { before: training(120) })
    expectSuccess(outcome)
    const numbers = numbersOf(outcome)
    expect(numbers).toHaveLength(3)
    for (const number of numbers) expect(number).toBeGreaterThan(0)
    const { run, work, scores, phases } = await here.report()
    expect(run).toMatchObject({ name: 'mnist-cnn', status: 'completed', tags: { optimizer: 'adam' } })
    expect(work).toEqual({ samples: 5 * 5 * 64 })
    expect(scores['accuracy']?.last).toBeCloseTo(0.85)
    expect(phases).toMatchObject([{ name: 'epoch', count: 5, work: { samples: 5 * 5 * 64 } }])
  })

  test('a run looks ahead, and tells what its target took', async () => {
    const sample = codeBlock(readme, 'ts', 'worthwhile')
    const outcome = await here.typescript(sample, { before: training(700) })
    expectSuccess(outcome)
    const [forecast, target] = numbersOf(outcome)
    const { phases, scores } = await here.report()
    const [epoch] = phases
    // A hundred epochs take many times what eight took.
    expect(epoch).toMatchObject({ name: 'epoch', count: 8 })
    expect(forecast).toBeGreaterThan(5 * (epoch?.joules ?? 0))
    expect(target).toBeCloseTo(scores['accuracy']?.target?.joules ?? 0, 6)
    expect(scores['accuracy']?.target).toMatchObject({ value: 0.83, reached: true })
  })

  test('measure gives the result and the report', async () => {
    const outcome = await here.typescript(codeBlock(readme, 'ts', 'measure('), {
      before: training(1000),
    })
    expectSuccess(outcome)
    const [result, joules] = numbersOf(outcome)
    expect(result).toBeCloseTo(0.81)
    expect(joules).toBeGreaterThan(0)
  })

  test('the callback for TensorFlow.js makes epochs of a true fit', async () => {
    const before = `
import { ones, setBackend } from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-layers'
import { startRun } from 'ergometer'
await setBackend('cpu')
const [x, y] = [ones([96, 4]), ones([96, 1])]
const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [4] })] })
model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' })
const run = await startRun()`
    const sample = codeBlock(readme, 'ts', 'ergometerCallback')
    expectSuccess(await here.typescript(sample, { before, after: 'await run.end()' }))
    const { work, phases, scores } = await here.report()
    expect(work).toEqual({ samples: 2 * 96 })
    expect(phases).toMatchObject([{ name: 'epoch', count: 2 }])
    expect(Object.keys(scores)).toContain('loss')
  })

  test('the configuration is taken', async () => {
    here.file('ergometer.config.ts', codeBlock(readme, 'ts', 'defineConfig'))
    expectSuccess(await here.shell('ergometer run -- true'))
    const { run, carbon, energy } = await here.report()
    expect(run.tags).toEqual({ cluster: 'a' })
    expect(carbon.intensity.zone).toBe('FR')
    expect(energy.facility?.pue).toBe(1.2)
  })

  test('the README of ergometer', async () => {
    const sample = codeBlock(document('packages/ergometer/README.md'), 'ts', 'startRun')
    const outcome = await here.typescript(sample, { before: training(1000) })
    expectSuccess(outcome)
    for (const number of numbersOf(outcome)) expect(number).toBeGreaterThan(0)
  })

  test('the README of core', async () => {
    expectSuccess(await here.shell('ergometer run --name whole -- sleep 1.2'))
    const before = `
import { readFileSync } from 'node:fs'
const lines = readFileSync('${(await here.report()).run.folder}/journal.ndjson', 'utf8').split('\\n')`
    const sample = codeBlock(document('packages/core/README.md'), 'ts', 'analyse')
    const outcome = await here.typescript(sample, { before })
    expectSuccess(outcome)
    const [first, second] = outcome.stdout.trim().split('\n')
    expect(first).toMatch(/^whole [\d.e-]+ [\d.e-]+$/)
    expect(sample).toContain(`// ${second}`)
  })
})

describe('the samples of other languages', BUSY, () => {
  const shell = codeBlocks(readme, 'sh')

  test('each shell sample is tested here', () => {
    expect(shell.map((code) => code.split('\n')[0])).toEqual([
      'npm run demo',
      'ergometer run -- python train.py',
      expect.stringMatching(/^ergometer run --zone FR .* -- python train\.py$/),
      expect.stringMatching(/^ergometer run -- sh -c /),
    ])
  })

  test('a command is metered, and reported elsewhere', async ({ skip }) => {
    if (!python) return skip(NO_PYTHON)
    here.file('train.py', 'print("trained")')
    const plain = await here.shell(shell[1] as string)
    expectSuccess(plain)
    expect(plain.stdout).toBe('trained\n')
    expect(plain.stderr).toContain('✓ python · completed')

    const outcome = await here.shell(shell[2] as string)
    expectSuccess(outcome)
    const elsewhere = JSON.parse(outcome.stdout.slice(outcome.stdout.indexOf('\n{\n') + 1))
    expect(elsewhere.carbon.intensity.zone).toBe('SE')
    const { run, carbon, energy } = await here.report()
    expect(run.tags).toEqual({ lr: '0.1' })
    expect(carbon.intensity.zone).toBe('FR')
    expect(energy.facility?.pue).toBe(1.2)
  })

  test('a shell appends an event line', async () => {
    expectSuccess(await here.shell(shell[3] as string))
    expect((await here.report()).work).toEqual({ samples: 64 })
  })

  test.each(['README.md', 'docs/events.md'])('Python appends event lines: %s', async (path) => {
    if (!python) return console.log(`skipped: ${NO_PYTHON}`)
    here.file('train.py', codeBlock(document(path), 'python', 'ERGOMETER_EVENTS'))
    expectSuccess(await here.shell('ergometer run -- python train.py'))
    await expectEvents()
    expectSuccess(await here.shell('python train.py'))
  })

  test('a shell script appends event lines: docs/events.md', async () => {
    here.file('train.sh', codeBlock(document('docs/events.md'), 'sh', 'ERGOMETER_EVENTS'))
    expectSuccess(await here.shell('ergometer run -- sh train.sh'))
    await expectEvents()
    expectSuccess(await here.shell('sh train.sh'))
  })

  async function expectEvents(): Promise<void> {
    const { work, scores, phases, health } = await here.report()
    expect(work).toEqual({ samples: 64 })
    expect(scores['accuracy']?.last).toBe(0.93)
    expect(phases).toMatchObject([{ name: 'epoch', count: 1 }])
    expect(health.map(({ code }) => code)).not.toContain('bad-event-line')
  }
})

describe('the demo', () => {
  test('ends with the report that the README shows', { ...BUSY, timeout: 60_000 }, async () => {
    const outcome = await here.run(process.execPath, ['start.mjs'], `${root}/examples/train-mnist`)
    expectSuccess(outcome)
    const shown = codeBlock(readme, 'text', 'mnist-mlp')
    expect(shapeOf(shown)).toEqual(shapeOf(outcome.stdout))

    expect(outcome.stdout).toMatch(/Energy .* J.* kWh/)
    expect(outcome.stdout).toMatch(/Carbon .* CO2e/)
    expect(outcome.stdout).toMatch(/measured|modelled/)
    const { run, energy, carbon, efficiency, scores, phases } = await here.report()
    expect(outcome.stdout).toContain(run.folder)
    expect(energy.coverage).toBeGreaterThan(0.9)
    expect(energy.kilowattHours).toBeGreaterThan(0)
    expect(carbon.gramsCo2e).toBeGreaterThan(0)
    expect(efficiency['samples']?.perJoule).toBeGreaterThan(0)
    expect(scores['accuracy']?.last).toBeGreaterThan(0.85)
    expect(scores['accuracy']?.perKilowattHour).toBeGreaterThan(0)
    const epochs = phases.find(({ name }) => name === 'epoch')
    expect(epochs).toMatchObject({ count: 5, work: { samples: 5 * 8000 } })
    expect((epochs?.joules ?? 0) / 5).toBeGreaterThan(0)
  })

  /** Labels, headings and first words of a report; not its figures, nor its domains, which are the machine's. */
  function shapeOf(output: string): string[] {
    const lines = output.slice(output.indexOf('✓')).split('\n').slice(2)
    return lines
      .filter((line) => /^ {2}[A-Za-z]/.test(line) && !/^ {2}[a-z]+:/.test(line))
      .map((line) =>
        /^ {2}(Work|Scores|Phases|Domains) /.test(line)
          ? line.trim().replaceAll(/ +/g, ' ')
          : (line.trim().split(' ')[0] as string),
      )
  }
})

describe('the tables', () => {
  /** First cells of the table below a heading, or of the one that begins with a heading of a column. */
  function firstCells(heading: string): string[] {
    const table = readme.slice(readme.indexOf(`\n| ${heading} `)).split('\n\n')[0] ?? ''
    return table
      .trim()
      .split('\n')
      .slice(2)
      .map((row) => row.split('|')[1]?.trim() ?? '')
  }

  test('of commands has those that there are', async () => {
    const { stdout } = await here.shell('ergometer --help')
    const commands = [...stdout.slice(stdout.indexOf('Commands:')).matchAll(/^ {2}([a-z-]+) \[/gm)]
    expect(commands.length).toBeGreaterThan(0)
    expect(firstCells('command').map((cell) => /^`ergometer ([\w-]+)/.exec(cell)?.[1])).toEqual(
      commands.map(([, name]) => name),
    )
  })

  test('of settings has those that there are, and their flags', async () => {
    const settings = document('packages/ergometer/src/settings.ts')
    const body = /export interface Settings \{(.*?)\n\}/s.exec(settings)?.[1] ?? ''
    const keys = [...body.matchAll(/^ {2}(\w+)\?:/gm)].map(([, key]) => `\`${key}\``)
    expect(keys.length).toBeGreaterThan(0)
    expect(firstCells('key')).toEqual(keys)
    const { stdout } = await here.shell('ergometer run --help')
    const table = readme.slice(readme.indexOf('\n| key '))
    for (const [, flag] of table.slice(0, table.indexOf('\n\n')).matchAll(/`(--[a-z]+)/g))
      expect(stdout).toMatch(new RegExp(`  ${flag}(?: <|\\[=)`))
  })

  test('the exit codes are true', async () => {
    const codes = [
      'ergometer run --bogus -- true',
      'ergometer report nosuch',
      'ergometer run -- sh -c "exit 3"',
    ]
    codes.push("ergometer run -- sh -c 'kill -9 $$'", 'ergometer run -- .', 'ergometer run -- ./nosuch')
    const outcomes = await Promise.all(codes.map((code) => here.shell(code)))
    expect(outcomes.map(({ code }) => code)).toEqual([2, 2, 3, 137, 126, 127])
  })
})
