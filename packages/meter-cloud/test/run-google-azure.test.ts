import { execFile } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Report } from '@ergometer/core'
import { describe, expect, it, onTestFinished } from 'vitest'
import { AzureMonitorServer, WORKSPACE } from './azure-monitor.ts'
import { GoogleMonitoringServer } from './google-monitoring.ts'
import { serveJson } from './json-server.ts'

const PACKAGES = fileURLToPath(new URL('../..', import.meta.url))
const CLI = join(PACKAGES, 'ergometer/dist/cli.js')
const WATTS = 250
const GRAMS_PER_KILOWATT_HOUR = 360
const SECRET = 'canary-of-a-token'

/** A cloud that tells of one GPU: options of the meter, and what the machine's own credentials are. */
interface Cloud {
  readonly options: object
  readonly env: NodeJS.ProcessEnv
  readonly method: 'measured' | 'reported'
}

/** Every minute of half an hour from 10 minutes ago on. */
function minutes(offset: number, figure: number): [number, number][] {
  const first = Math.floor(Date.now() / 60_000) * 60 - 600
  return Array.from({ length: 40 }, (_, index) => [first + index * 60 + offset, figure])
}

const token = { access_token: SECRET, token_type: 'Bearer' }

/** The power of a GPU, as Cloud Monitoring tells it, behind workload identity federation. */
async function google(place: string): Promise<Cloud> {
  const server = await new GoogleMonitoringServer().start()
  server.store('compute.googleapis.com/instance/gpu/power_consumption', {}, minutes(30, WATTS))
  const tokens = await serveJson(() => ({
    body: {
      ...token,
      issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      expires_in: 3600,
    },
  }))
  writeFileSync(join(place, 'subject-token'), SECRET)
  const credentials = {
    type: 'external_account',
    audience:
      '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/pool/providers/provider',
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    token_url: `${tokens}/v1/token`,
    credential_source: { file: join(place, 'subject-token') },
  }
  const file = join(place, 'credentials.json')
  writeFileSync(file, JSON.stringify(credentials))
  return {
    options: {
      provider: 'gcp',
      project: 'my-project',
      instanceId: '4520031799277581759',
      endpoint: server.address,
    },
    env: { GOOGLE_APPLICATION_CREDENTIALS: file },
    method: 'measured',
  }
}

/** The joules of a GPU, as Azure Machine Learning tells them of a run, behind a managed identity. */
async function azure(): Promise<Cloud> {
  const server = await new AzureMonitorServer().start()
  const dimensions = { RunId: 'run_7', InstanceId: 'node-a', DeviceId: '0' }
  server.store('GpuEnergyJoules', dimensions, minutes(0, WATTS * 60))
  const tokens = await serveJson(() => ({
    body: {
      ...token,
      expires_on: String(Math.floor(Date.now() / 1000) + 86_400),
      resource: 'https://management.azure.com',
    },
  }))
  return {
    options: { provider: 'azure', workspace: WORKSPACE, runId: 'run_7', endpoint: server.address },
    env: {
      AZURE_TOKEN_CREDENTIALS: 'ManagedIdentityCredential',
      IDENTITY_ENDPOINT: `${tokens}/msi/token`,
      IDENTITY_HEADER: SECRET,
    },
    method: 'reported',
  }
}

/** A folder with the packages at hand; two minutes later nobody has to wait until a minute is over. */
function folder(): string {
  const place = mkdtempSync(join(tmpdir(), 'cloud-run-'))
  onTestFinished(() => rmSync(place, { recursive: true, force: true }))
  writeFileSync(join(place, 'later.mjs'), 'const now = Date.now\nDate.now = () => now() + 120_000\n')
  writeFileSync(
    join(place, 'own.mjs'),
    `import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { startRun } from 'ergometer'
const run = await startRun({ meters: [process.env.METER], intensity: ${GRAMS_PER_KILOWATT_HOUR}, pue: 1 })
const journals = () => readdirSync('.ergometer/runs').map((id) => '.ergometer/runs/' + id + '/journal.ndjson')
const opened = () => journals().some((file) => existsSync(file) && readFileSync(file, 'utf8').includes('"meter":"cloud"'))
while (!opened()) await new Promise((resolve) => setTimeout(resolve, 50))
await new Promise((resolve) => setTimeout(resolve, 500))
await run.end()
`,
  )
  mkdirSync(join(place, 'node_modules'))
  symlinkSync(join(PACKAGES, 'ergometer'), join(place, 'node_modules/ergometer'))
  return place
}

/** Everything of the only run, and its report. */
function only(place: string): { report: Report; text: string } {
  const runs = join(place, '.ergometer/runs')
  const [id = ''] = readdirSync(runs)
  const text = readdirSync(join(runs, id))
    .map((file) => readFileSync(join(runs, id, file), 'utf8'))
    .join('\n')
  return { report: JSON.parse(readFileSync(join(runs, id, 'report.json'), 'utf8')), text }
}

const UNTIL_OPEN = `until grep -qs '"meter":"cloud"' .ergometer/runs/*/journal.ndjson; do sleep 0.05; done; sleep 0.5`
const FACTORS = ['--intensity', String(GRAMS_PER_KILOWATT_HOUR), '--pue', '1']

describe.each([
  ['Google Cloud', google],
  ['Azure', azure],
])('a training of which %s tells', (_, cloud) => {
  it.each([
    ['the command line', true],
    ['the SDK', false],
  ])('has its joules and grams once it is settled, through %s', async (_, byCommand) => {
    const place = folder()
    const { options, env, method } = await cloud(place)
    const meter = `cloud=${JSON.stringify(options)}`
    let said = ''
    const run = (parameters: readonly string[], more: NodeJS.ProcessEnv = {}): Promise<number | null> =>
      new Promise((resolve) => {
        const all = { ...process.env, ...env, METER: meter, ...more }
        const child = execFile(process.execPath, parameters, { cwd: place, env: all }, (_error, ...told) => {
          said += told.join('')
          resolve(child.exitCode)
        })
      })
    const command = [CLI, 'run', ...FACTORS, '--meter', meter, '--', 'sh', '-c', UNTIL_OPEN]
    expect(await run(byCommand ? command : ['own.mjs']), said).toBe(0)
    expect(only(place).report.run.provisional, said).toBe(true)

    const later = { NODE_OPTIONS: `--import=${join(place, 'later.mjs')}` }
    expect(await run([CLI, 'settle'], later), said).toBe(0)
    const { report, text } = only(place)
    expect(report.run.provisional).toBe(false)
    expect(report.energy).toMatchObject({ method, coverage: 1 })
    const joules = WATTS * report.run.seconds
    expect(Math.abs((report.energy.joules ?? 0) - joules)).toBeLessThan(0.01)
    const grams = ((report.energy.joules ?? 0) / 3.6e6) * GRAMS_PER_KILOWATT_HOUR
    expect(report.carbon.gramsCo2e).toBeCloseTo(grams, 9)
    expect(text + said).not.toContain(SECRET)
  })
})
