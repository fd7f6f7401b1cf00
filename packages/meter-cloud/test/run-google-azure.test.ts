import { describe, expect, it, onTestFinished } from 'vitest'
import { AzureMonitorServer, WORKSPACE } from './azure-monitor.ts'
import { GoogleMonitoringServer } from './google-monitoring.ts'
import { serveJson } from './json-server.ts'
import { CLI, TrainingFolder } from './training-folder.ts'

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
async function google(folder: TrainingFolder): Promise<Cloud> {
  const server = await new GoogleMonitoringServer().start()
  server.store('compute.googleapis.com/instance/gpu/power_consumption', {}, minutes(30, WATTS))
  const tokens = await serveJson(() => ({
    body: {
      ...token,
      issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      expires_in: 3600,
    },
  }))
  const credentials = {
    type: 'external_account',
    audience:
      '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/pool/providers/provider',
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    token_url: `${tokens}/v1/token`,
    credential_source: { file: folder.write('subject-token', SECRET) },
  }
  const file = folder.write('credentials.json', JSON.stringify(credentials))
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

/** A training that lasts until its meter is open, and some time more. */
const OWN = `import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { startRun } from 'ergometer'
const run = await startRun({ meters: [process.env.METER], intensity: ${GRAMS_PER_KILOWATT_HOUR}, pue: 1 })
const journals = () => readdirSync('.ergometer/runs').map((id) => '.ergometer/runs/' + id + '/journal.ndjson')
const opened = () => journals().some((file) => existsSync(file) && readFileSync(file, 'utf8').includes('"meter":"cloud"'))
while (!opened()) await new Promise((resolve) => setTimeout(resolve, 50))
await new Promise((resolve) => setTimeout(resolve, 500))
await run.end()
`
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
    const folder = new TrainingFolder()
    onTestFinished(() => folder.remove())
    const { options, env, method } = await cloud(folder)
    const meter = `cloud=${JSON.stringify(options)}`
    let said = ''
    const run = async (parameters: readonly string[], more: NodeJS.ProcessEnv = {}): Promise<number> => {
      const { code, stdout, stderr } = await folder.run(parameters, { ...env, METER: meter, ...more })
      said += stdout + stderr
      return code
    }
    const command = [CLI, 'run', ...FACTORS, '--meter', meter, '--', 'sh', '-c', UNTIL_OPEN]
    expect(await run(byCommand ? command : [folder.write('own.mjs', OWN)]), said).toBe(0)
    expect(folder.only().report.run.provisional, said).toBe(true)

    expect(await run([CLI, 'settle'], folder.later), said).toBe(0)
    const { report, text } = folder.only()
    expect(report.run.provisional).toBe(false)
    expect(report.energy).toMatchObject({ method, coverage: 1 })
    const joules = WATTS * report.run.seconds
    expect(Math.abs((report.energy.joules ?? 0) - joules)).toBeLessThan(0.01)
    const grams = ((report.energy.joules ?? 0) / 3.6e6) * GRAMS_PER_KILOWATT_HOUR
    expect(report.carbon.gramsCo2e).toBeCloseTo(grams, 9)
    expect(text + said).not.toContain(SECRET)
  })
})
