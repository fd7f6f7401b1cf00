import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Report } from '@ergometer/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AWS_ENV, CANARIES, gpuPower, INSTANCE } from './aws-world.ts'
import { FakeCloudWatch } from './fake-cloudwatch.ts'
import { CLI, type Ended, PACKAGES, TrainingFolder } from './training-folder.ts'

/** Watts of two GPUs, all the time. */
const WATTS = [200, 300]
const GRAMS_PER_KILOWATT_HOUR = 360
/** Of Amazon's data centres in eu-west-1, which the meter names. */
const PUE = 1.11

const folder = new TrainingFolder()
/** A training that lasts until its meter has asked, and some time more. */
const TRAIN = `
export async function train() {
  const asked = Number(process.env.ASKED)
  const count = async () => Number(await (await fetch(process.env.AWS_ENDPOINT_URL)).text())
  while (await count() <= asked) await new Promise((resolve) => setTimeout(resolve, 50))
  await new Promise((resolve) => setTimeout(resolve, 500))
}
if (process.argv[1].endsWith('train.mjs')) await train()
`
const server = new FakeCloudWatch()
const env: NodeJS.ProcessEnv = { ...AWS_ENV, INSTANCE_ID: INSTANCE }

beforeAll(async () => {
  expect(existsSync(CLI), 'build first: npm run build').toBe(true)
  await server.listen()
  env['AWS_ENDPOINT_URL'] = server.address
  const minute = Math.floor(Date.now() / 60_000) * 60
  WATTS.forEach((watts, gpu) => {
    for (let number = -10; number < 30; number++) server.put(gpuPower(gpu), minute + number * 60, watts)
  })
  folder.write('train.mjs', TRAIN)
})

afterAll(async () => {
  await server.close()
  folder.remove()
})

/** As the command line and `startRun` take it. */
function meter(): string {
  const options = { provider: 'aws', region: 'eu-west-1', instanceId: INSTANCE, endpoint: server.address }
  return `cloud=${JSON.stringify(options)}`
}

function run(parameters: readonly string[], more: NodeJS.ProcessEnv = {}): Promise<Ended> {
  return folder.run(parameters, { ...env, ASKED: String(server.count('GetMetricData')), ...more })
}

/** Settles the only run in a home, later; its report has what two GPUs take, and no secret is anywhere. */
async function settled(home: string, ended: Ended): Promise<Report> {
  const first = folder.only(home)
  expect(first.report.run.provisional, ended.stderr).toBe(true)
  expect(first.report.energy.joules).toBeUndefined()
  const settle = await run([CLI, 'settle', '--home', home], folder.later)
  expect(settle, settle.stderr).toMatchObject({ code: 0 })
  const { report, text } = folder.only(home)
  expect(report.run.provisional).toBe(false)
  const all = [text, ended.stdout, ended.stderr, settle.stdout, settle.stderr].join('\n')
  for (const canary of Object.values(CANARIES)) expect(all).not.toContain(canary)
  return report
}

function expectTruth(report: Report): void {
  const { seconds } = report.run
  const joules = (WATTS[0] as number) * seconds + (WATTS[1] as number) * seconds
  expect(report.energy).toMatchObject({ method: 'measured', coverage: 1 })
  expect(Math.abs((report.energy.joules ?? 0) - joules)).toBeLessThan(0.01)
  expect(report.energy.domains.map(({ id, counted }) => [id, counted])).toEqual([
    [`cloud:${INSTANCE}/gpu-0`, true],
    [`cloud:${INSTANCE}/gpu-1`, true],
  ])
}

describe('a training whose GPUs a cloud tells of', () => {
  it('has its joules and grams once it is settled, and the same when it is settled again', async () => {
    const ended = await run([
      CLI,
      ...['run', '--home', 'by-command', '--intensity', String(GRAMS_PER_KILOWATT_HOUR)],
      ...['--meter', meter(), '--', process.execPath, join(folder.path, 'train.mjs')],
    ])
    expect(ended).toMatchObject({ code: 0, stdout: '' })
    const report = await settled('by-command', ended)
    expectTruth(report)
    const grams = ((report.energy.joules ?? 0) / 3.6e6) * GRAMS_PER_KILOWATT_HOUR * PUE
    expect(report.carbon.gramsCo2e).toBeCloseTo(grams, 9)
    await run([CLI, 'settle', '--home', 'by-command'], folder.later)
    expect(folder.only('by-command').report.energy.joules).toBe(report.energy.joules)
  })

  it('has them though its credentials had expired until it was over', async () => {
    server.mood = () => ({
      status: 400,
      type: 'ExpiredTokenException',
      message: Object.values(CANARIES).join(' '),
    })
    const asked = server.requests.length
    const ended = await run([
      CLI,
      ...['run', '--home', 'expired', '--meter', meter(), '--', 'sh', '-c'],
      `until grep -qs meter-failed expired/runs/*/journal.ndjson; do sleep 0.05; done`,
    ])
    server.mood = undefined
    expect(server.requests.length).toBeGreaterThan(asked)
    expect(ended.stderr).toContain('credentials have expired')
    expectTruth(await settled('expired', ended))
  })

  it('has them through the SDK', async () => {
    const script = `import { startRun } from 'ergometer'
import { train } from './train.mjs'
const run = await startRun({ meters: [process.env.METER] })
await train()
const report = await run.end()
console.log(report.run.provisional)
`
    const own = folder.write('own.mjs', script)
    const ended = await run([own], { ERGOMETER_HOME: 'by-sdk', METER: meter() })
    expect(ended, ended.stderr).toMatchObject({ code: 0, stdout: 'true\n' })
    expectTruth(await settled('by-sdk', ended))
  })

  it('is owed readings by the meter of the README', async () => {
    const readme = readFileSync(join(PACKAGES, 'meter-cloud/README.md'), 'utf8')
    const samples = [...readme.matchAll(/^```js\n([\s\S]*?)^```$/gm)].map(([, code]) => code as string)
    const sample = samples.find((code) => code.includes("provider: 'aws'"))
    const script = folder.write('sample.mjs', `import { train } from './train.mjs'\n${sample}`)
    const ended = await run([script], { ERGOMETER_HOME: 'by-readme' })
    expect(ended, ended.stderr).toMatchObject({ code: 0, stdout: 'true\n' })
    expect(folder.only('by-readme').report.energy.domains).toHaveLength(2)
  })

  it('is told of nothing by a machine that names no cloud: `cloud` is not opened by itself', async () => {
    const before = server.requests.length
    await run([CLI, 'run', '--home', 'automatic', '--', process.execPath, '-e', ''])
    expect(folder.only('automatic').report.provenance.meters.map(({ name }) => name)).not.toContain('cloud')
    expect(server.requests.length).toBe(before)
  })
})
