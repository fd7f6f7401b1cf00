import { describe, expect, it } from 'vitest'
import { azureOptions } from '../src/azure-options.ts'
import { googleOptions } from '../src/google-options.ts'
import { MACHINE, WORKSPACE } from './azure-monitor.ts'

/** What is wrong with options, as one line; undefined if nothing is. */
async function wrong(
  schema: typeof googleOptions | typeof azureOptions,
  value: unknown,
): Promise<string | undefined> {
  const { issues } = await schema['~standard'].validate(value)
  return issues?.map(({ message, path = [] }) => `${path.join('.')} ${message}`.trim()).join('; ')
}

const google = { provider: 'gcp', project: 'my-project', instanceId: '4520031799277581759' }
const azure = { provider: 'azure', resourceId: MACHINE }

describe('options for Google Cloud', () => {
  it('name an instance, a job, or a TPU with its type', async () => {
    const base = { provider: 'gcp', project: 'my-project' }
    const good = [
      google,
      {
        ...google,
        instanceType: 'a3-megagpu-8g',
        zone: 'us-central1-a',
        region: 'us-central1',
        thisHost: true,
      },
      { ...base, job: '4512620604880322560' },
      { ...base, tpu: 'my-tpu', acceleratorType: 'v3-8' },
      { ...google, endpoint: 'http://127.0.0.1:8080' },
      { ...google, endpoint: 'https://restricted.example/monitoring' },
    ]
    for (const one of good) expect(await wrong(googleOptions, one)).toBeUndefined()
  })

  it.each([
    [{ ...google, job: '1' }, 'one of the three'],
    [{ provider: 'gcp', project: 'my-project' }, 'one of the three'],
    [{ provider: 'gcp', project: 'my-project', tpu: 't' }, 'acceleratorType'],
    [{ ...google, instanceId: 'trainer" OR metric.type = "x' }, 'instanceId expected the number'],
    [{ ...google, project: '../../etc' }, 'project expected the id'],
    [{ ...google, key: 'secret' }, 'unknown: key'],
    [{ ...google, endpoint: 'http://monitoring.example' }, 'endpoint expected https'],
    [{ ...google, endpoint: 'https://user:secret@monitoring.example' }, 'endpoint expected https'],
    [{ ...google, endpoint: 'http://127.0.0.1.example' }, 'endpoint expected https'],
  ])('are refused: %j', async (value, message) => {
    const said = await wrong(googleOptions, value)
    expect(said).toContain(message)
    expect(said).not.toContain('secret')
  })
})

describe('options for Azure', () => {
  it('name a virtual machine, or a workspace and a run', async () => {
    const good = [
      azure,
      { ...azure, instanceType: 'Standard_NC24ads_A100_v4', region: 'westeurope' },
      { provider: 'azure', workspace: WORKSPACE, runId: 'sad_pear_1x2' },
      { ...azure, endpoint: 'http://[::1]:8080' },
    ]
    for (const one of good) expect(await wrong(azureOptions, one)).toBeUndefined()
  })

  it.each([
    [{ provider: 'azure' }, 'one of the two'],
    [{ ...azure, workspace: WORKSPACE, runId: 'r' }, 'one of the two'],
    [{ provider: 'azure', workspace: WORKSPACE }, 'expected both'],
    [{ provider: 'azure', resourceId: `${MACHINE}/../../other` }, 'resourceId expected'],
    [{ provider: 'azure', workspace: WORKSPACE, runId: "r' or RunId eq '*" }, 'runId expected'],
    [{ ...azure, secret: 's' }, 'unknown: secret'],
    [{ ...azure, endpoint: 'ftp://127.0.0.1' }, 'endpoint expected https'],
  ])('are refused: %j', async (value, message) => {
    expect(await wrong(azureOptions, value)).toContain(message)
  })
})
