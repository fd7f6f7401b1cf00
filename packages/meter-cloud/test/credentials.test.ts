import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { MeterError } from '@ergometer/meter'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { openAzure } from '../src/azure-account.ts'
import { azureTokens } from '../src/azure-token.ts'
import { openGoogle } from '../src/google-account.ts'
import { googleTokens } from '../src/google-token.ts'
import { AzureMonitorServer, MACHINE } from './azure-monitor.ts'
import { CANARY, minutes, TEN, testWorld } from './cloud-test-world.ts'
import { GoogleMonitoringServer } from './google-monitoring.ts'
import { type Answer, type Asked, serveJson } from './json-server.ts'

const CPU = 'compute.googleapis.com/instance/cpu/utilization'

afterEach(() => vi.unstubAllEnvs())

async function thrown(promise: Promise<unknown>): Promise<MeterError> {
  const error = await promise.then(
    () => undefined,
    (cause: unknown) => cause,
  )
  expect(MeterError.isInstance(error)).toBe(true)
  return error as MeterError
}

/** A token service that hands out `<canary>-1`, `-2` …, and what it was asked. */
async function tokenService(answer: (token: string) => Answer): Promise<{ address: string; asked: Asked[] }> {
  const asked: Asked[] = []
  const address = await serveJson((one) => {
    asked.push(one)
    return answer(`${CANARY}-${asked.length}`)
  })
  return { address, asked }
}

/** A file of Application Default Credentials: workload identity federation, whose token service has an address of its own. */
function federated(tokenService: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'credentials-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const subject = join(folder, 'subject-token')
  writeFileSync(subject, 'canary-subject-token')
  const file = join(folder, 'credentials.json')
  writeFileSync(
    file,
    JSON.stringify({
      type: 'external_account',
      audience:
        '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/pool/providers/provider',
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      token_url: `${tokenService}/v1/token`,
      credential_source: { file: subject },
    }),
  )
  return file
}

describe("Google's own library", () => {
  it('finds Application Default Credentials, and takes a fresh token when one is refused', async () => {
    const tokens = await tokenService((access_token) => ({
      body: {
        access_token,
        issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        token_type: 'Bearer',
        expires_in: 3600,
      },
    }))
    const server = await new GoogleMonitoringServer().start()
    server.store(CPU, {}, minutes(TEN, 0.5))
    server.token = `${CANARY}-2`
    const { context, world, logged } = testWorld()
    const { tokens: _, ...rest } = world
    const env = { GOOGLE_APPLICATION_CREDENTIALS: federated(tokens.address) }
    const account = await openGoogle(
      { provider: 'gcp', project: 'my-project', instanceId: '4520031799277581759', endpoint: server.address },
      { ...context, env },
      rest,
    )
    expect(account.series.length).toBeGreaterThan(0)
    expect(tokens.asked.map(({ path, body }) => [path, new URLSearchParams(body).get('scope')])).toEqual([
      ['/v1/token', 'https://www.googleapis.com/auth/monitoring.read'],
      ['/v1/token', 'https://www.googleapis.com/auth/monitoring.read'],
    ])
    expect(JSON.stringify([account, logged])).not.toMatch(/canary/)
  })

  it('says why it has no token, and nothing of what was sent', async () => {
    const tokens = await tokenService((token) => ({
      status: 400,
      body: { error: 'invalid_grant', error_description: `${token} of canary-subject-token has expired` },
    }))
    const error = await thrown(
      googleTokens({ GOOGLE_APPLICATION_CREDENTIALS: federated(tokens.address) }).token(false),
    )
    expect(error).toMatchObject({ code: 'CLOUD_CREDENTIALS_MISSING', outcome: 'retry' })
    expect(error.message).toBe(
      "Google Cloud: no access token (invalid_grant); run 'gcloud auth application-default login', or set GOOGLE_APPLICATION_CREDENTIALS",
    )
    expect(inspect(error, { depth: 10 })).not.toMatch(/canary/)
  })

  it('says so when the file of credentials is missing', async () => {
    const error = await thrown(
      googleTokens({ GOOGLE_APPLICATION_CREDENTIALS: '/nowhere/key.json' }).token(false),
    )
    expect(error.message).toMatch(/no access token \(ENOENT\)/)
  })
})

describe("Azure's own library", () => {
  it('finds the managed identity of the machine, takes a fresh token when one is refused, and says nothing of any', async () => {
    // One server throughout: the library keeps the address for the whole process.
    let known = false
    const tokens = await tokenService((access_token) =>
      known
        ? {
            body: {
              access_token,
              expires_on: String(Math.floor(Date.now() / 1000) + 86_400),
              resource: 'https://management.azure.com',
              token_type: 'Bearer',
            },
          }
        : {
            status: 401,
            body: {
              error: 'invalid_client',
              error_description: `${access_token}, canary-identity-header: unknown`,
            },
          },
    )
    // As App Service offers it, over plain http.
    vi.stubEnv('AZURE_TOKEN_CREDENTIALS', 'ManagedIdentityCredential')
    vi.stubEnv('IDENTITY_ENDPOINT', `${tokens.address}/msi/token`)
    vi.stubEnv('IDENTITY_HEADER', 'canary-identity-header')
    const server = await new AzureMonitorServer().start()
    server.store('Percentage CPU', {}, [[TEN, 50]])
    server.token = `${CANARY}-3`
    const { context, world, logged } = testWorld()
    const { tokens: _, ...rest } = world
    const open = () =>
      openAzure({ provider: 'azure', resourceId: MACHINE, endpoint: server.address }, context, rest)

    const error = await thrown(open())
    expect(error).toMatchObject({ code: 'CLOUD_CREDENTIALS_MISSING', outcome: 'retry' })
    expect(error.message).toMatch(/^Azure: no access token \(invalid_client\); run 'az login'/)
    expect(inspect(error, { depth: 10 })).not.toMatch(/canary/)

    known = true
    const account = await open()
    expect(account.series.length).toBeGreaterThan(0)
    expect(
      tokens.asked.map(({ query, headers }) => [query.get('resource'), headers['x-identity-header']]),
    ).toEqual([
      ['https://management.azure.com', 'canary-identity-header'],
      ['https://management.azure.com', 'canary-identity-header'],
      ['https://management.azure.com/', 'canary-identity-header'],
    ])
    expect(JSON.stringify([account, logged])).not.toMatch(/canary/)
  })
})

describe('a library that is not installed', () => {
  const missing = () =>
    Promise.reject(Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' }))

  it('is named with the line that installs it', async () => {
    const google = await thrown(googleTokens({}, missing).token(false))
    expect(google).toMatchObject({ code: 'CLOUD_PEER_MISSING', outcome: 'fatal' })
    expect(google.fixes).toEqual(['npm install google-auth-library@10'])
    const azure = await thrown(azureTokens(missing).token(false))
    expect(azure.fixes).toEqual(['npm install @azure/identity@4.13.1'])
    expect(azure.message).toBe(
      'the package @azure/identity is not installed: npm install @azure/identity@4.13.1',
    )
  })
})
