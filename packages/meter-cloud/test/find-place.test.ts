import http from 'node:http'
import { performance } from 'node:perf_hooks'
import { describe, expect, it } from 'vitest'
import { cloudOfMachine, findPlace, type PlaceWorld } from '../src/index.ts'
import { resourceHere } from '../src/providers.ts'
import { AWS_DOCUMENT, FIRMWARE, fakeAws, fakeAzure, fakeGoogle, fakeSys, serve } from './fake-cloud.ts'

const forbidden: typeof globalThis.fetch = () => {
  throw new Error('nothing may be sent')
}

function world(sysRoot: string, parts: Partial<PlaceWorld> = {}): PlaceWorld & { said: string[] } {
  const said: string[] = []
  // A machine that runs these tests may be slow; what waits for nothing is tested with its own patience.
  return { sysRoot, env: {}, patience: 20, log: (message) => said.push(message), said, ...parts }
}

describe('the cloud by the firmware', () => {
  it('is told by the names that only its machines bear', () => {
    const found = Object.fromEntries(
      Object.entries(FIRMWARE).map(([name, dmi]) => [name, cloudOfMachine(fakeSys(dmi))]),
    )
    expect(found).toEqual({
      nitro: 'aws',
      xen: 'aws',
      google: 'gcp',
      azure: 'azure',
      hyperV: undefined,
      kvm: undefined,
      laptop: undefined,
    })
    expect(cloudOfMachine(fakeSys({}, { 'hypervisor/uuid': 'ec2e1916-9099-7caf-fd21-012345abcdef' }))).toBe(
      'aws',
    )
    expect(cloudOfMachine('/nowhere')).toBeUndefined()
  })
})

describe('off the cloud', () => {
  it('sends nothing, whatever the environment says, and takes no time', async () => {
    const canary = await serve((_, response) => response.end('{}'))
    const env = {
      AWS_EC2_METADATA_SERVICE_ENDPOINT: canary.url,
      GCE_METADATA_HOST: canary.url.replace('http://', ''),
      AZURE_POD_IDENTITY_AUTHORITY_HOST: canary.url,
    }
    for (const machine of [FIRMWARE.laptop, FIRMWARE.hyperV, FIRMWARE.kvm, {}]) {
      const sysRoot = fakeSys(machine)
      expect(await findPlace(world(sysRoot, { env, fetch: forbidden }))).toBeUndefined()
      const times: number[] = []
      // A busy machine stalls now and then, but not each time.
      for (let attempt = 0; attempt < 5; attempt++) {
        const begin = performance.now()
        expect(await findPlace({ sysRoot, env })).toBeUndefined()
        times.push(performance.now() - begin)
      }
      expect(Math.min(...times)).toBeLessThan(50)
    }
    expect(canary.asked).toEqual([])
  })

  it('is also where a variable forbids to ask', async () => {
    const aws = world(fakeSys(FIRMWARE.nitro), {
      env: { AWS_EC2_METADATA_DISABLED: 'true' },
      fetch: forbidden,
    })
    expect(await findPlace(aws)).toBeUndefined()
    const google = world(fakeSys(FIRMWARE.google), {
      env: { METADATA_SERVER_DETECTION: 'none' },
      fetch: forbidden,
    })
    expect(await findPlace(google)).toBeUndefined()
  })
})

describe('on AWS', () => {
  it('the identity document tells the place, for a token', async () => {
    const service = await fakeAws()
    const env = { AWS_EC2_METADATA_SERVICE_ENDPOINT: `${service.url}/` }
    expect(await findPlace(world(fakeSys(FIRMWARE.nitro), { env }))).toEqual({
      provider: 'aws',
      region: 'us-west-2',
      zone: 'us-west-2b',
      instanceType: 'm5.2xlarge',
      instanceId: 'i-1234567890abcdef0',
      account: '123456789012',
    })
    expect(service.asked.map(({ method }) => method)).toEqual(['PUT', 'GET'])
  })

  it('the region of a Local Zone is that of the document', async () => {
    const service = await fakeAws({
      ...AWS_DOCUMENT,
      availabilityZone: 'us-west-2-lax-1a',
      instanceType: 'g4dn.12xlarge',
    })
    const found = await findPlace(world(fakeSys(FIRMWARE.nitro), { endpoints: { aws: service.url } }))
    expect(found).toMatchObject({
      region: 'us-west-2',
      zone: 'us-west-2-lax-1a',
      accelerators: { count: 4, label: 'NVIDIA T4' },
    })
  })

  it('goes past what a proxy would be set on: the agent and the fetch of all', async () => {
    const service = await fakeAws()
    const { globalAgent } = http
    const { fetch } = globalThis
    http.globalAgent = Object.assign(new http.Agent(), { createConnection: forbidden })
    globalThis.fetch = forbidden
    try {
      const asking = world(fakeSys(FIRMWARE.nitro), { endpoints: { aws: service.url } })
      expect(await findPlace(asking)).toBeDefined()
    } finally {
      http.globalAgent = globalAgent
      globalThis.fetch = fetch
    }
  })
})

describe('on Google Cloud and Azure', () => {
  it('Google tells zone and machine type, each in the last part of a path', async () => {
    const service = await fakeGoogle()
    const env = { GCE_METADATA_HOST: service.url.replace('http://', '') }
    expect(await findPlace(world(fakeSys(FIRMWARE.google), { env }))).toEqual({
      provider: 'gcp',
      region: 'us-central1',
      zone: 'us-central1-a',
      instanceType: 'a2-highgpu-1g',
      instanceId: '5477632904215437421',
      account: 'training-1234',
      accelerators: { count: 1, label: 'NVIDIA A100' },
    })
    const artificial = await fakeGoogle({ 'instance/zone': 'projects/1/zones/us-south1-ai1b' })
    const found = await findPlace(world(fakeSys(FIRMWARE.google), { endpoints: { gcp: artificial.url } }))
    expect(found).toMatchObject({ region: 'us-south1', zone: 'us-south1-ai1b' })
  })

  it('who answers without the flavor of Google is not believed', async () => {
    const portal = await serve((_, response) => response.end('projects/1/zones/us-central1-a'))
    const asking = world(fakeSys(FIRMWARE.google), { endpoints: { gcp: portal.url } })
    expect(await findPlace(asking)).toBeUndefined()
    expect(asking.said.join()).toContain('not of Google')
  })

  it('Azure tells location and size', async () => {
    const service = await fakeAzure()
    const env = { AZURE_POD_IDENTITY_AUTHORITY_HOST: service.url }
    const place = await findPlace(world(fakeSys(FIRMWARE.azure), { env }))
    const resourceId =
      '/subscriptions/8d10da13-8125-4ba9-a717-bf7490507b3d/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/v'
    const [region, instanceType] = ['westeurope', 'Standard_NC24ads_A100_v4']
    expect(place).toEqual({
      provider: 'azure',
      region,
      zone: '2',
      instanceType,
      instanceId: '02aab8a4-74ef-476e-8182-f6d2ba4166a6',
      resourceId,
      account: '8d10da13-8125-4ba9-a717-bf7490507b3d',
      accelerators: { count: 1, label: 'NVIDIA A100' },
    })
    // What the meter `cloud` needs, without options, to ask of this machine.
    const here = { provider: 'azure', region, resourceId, instanceType, thisHost: true }
    expect(place && resourceHere(place)).toEqual(here)
    // Outside of a zone it is empty, and a name of another form is none.
    const poor = await fakeAzure({ zone: '', resourceId: '/subscriptions/../secrets' })
    const found = await findPlace(world(fakeSys(FIRMWARE.azure), { endpoints: { azure: poor.url } }))
    expect(found).not.toHaveProperty('zone')
    expect(found).not.toHaveProperty('resourceId')
    expect(found && resourceHere(found)).toBeUndefined()
  })
})

describe('what is given', () => {
  it('is not asked for, and wins', async () => {
    const all = world('/nowhere', { fetch: forbidden })
    expect(
      await findPlace(all, { provider: 'gcp', region: 'europe-north1', instanceType: 'a3-highgpu-8g' }),
    ).toEqual({
      provider: 'gcp',
      region: 'europe-north1',
      instanceType: 'a3-highgpu-8g',
      accelerators: { count: 8, label: 'NVIDIA H100' },
    })
    const service = await fakeAws()
    const some = world(fakeSys(FIRMWARE.nitro), { endpoints: { aws: service.url } })
    expect(await findPlace(some, { region: 'eu-west-1' })).toMatchObject({
      region: 'eu-west-1',
      instanceType: 'm5.2xlarge',
    })
    expect(
      await findPlace(world(fakeSys(FIRMWARE.nitro), { fetch: forbidden }), { provider: 'azure' }),
    ).toBeUndefined()
  })
})

describe('a service that is no good', () => {
  const bad: Record<string, Parameters<typeof serve>[0]> = {
    'that is gone': (_, response) => response.writeHead(404).end(),
    'that sends elsewhere': (_, response) =>
      response.writeHead(302, { location: 'http://example.com/' }).end(),
    'that answers no JSON': ({ method }, response) => response.end(method === 'PUT' ? 'token' : '<html>'),
    'that answers a list': (_, response) => response.end('[]'),
    'that breaks off': (_, response) => response.destroy(),
    'that never ends its reply': (_, response) => void response.write('x'),
    'that never answers': () => {},
    'that floods': (_, response) => {
      const more = () => {
        while (!response.destroyed && response.write('x'.repeat(65_536)));
        if (!response.destroyed) response.once('drain', more)
      }
      more()
    },
    'whose region is none': ({ method }, response) =>
      response.end(method === 'PUT' ? 'token' : JSON.stringify({ ...AWS_DOCUMENT, region: '../../etc\n' })),
  }

  for (const [name, answer] of Object.entries(bad)) {
    it(`${name} costs the place alone, and says why`, async () => {
      const service = await serve(answer)
      const patience = name.includes('never') ? 0.2 : 20
      const asking = world(fakeSys(FIRMWARE.nitro), { endpoints: { aws: service.url }, patience })
      expect(await findPlace(asking)).toBeUndefined()
      expect(asking.said).toHaveLength(1)
      expect(asking.said[0]).toMatch(/^the metadata service of aws .{10,}$/)
    })
  }

  it('words of another form are left out', async () => {
    const service = await fakeAws({
      region: 'eu-west-1',
      instanceType: '<script>',
      instanceId: 7,
      accountId: 'x'.repeat(500),
    })
    const found = await findPlace(world(fakeSys(FIRMWARE.nitro), { endpoints: { aws: service.url } }))
    expect(found).toEqual({ provider: 'aws', region: 'eu-west-1' })
  })

  it('is waited for as long as is said', async () => {
    const service = await serve(() => {})
    const asking = world(fakeSys(FIRMWARE.nitro), { endpoints: { aws: service.url }, patience: 0.05 })
    expect(await findPlace(asking)).toBeUndefined()
    expect(asking.said[0]).toContain('0.05 s')
    const { patience: _, ...byVariable } = asking
    const env = { AWS_METADATA_SERVICE_TIMEOUT: '0.08' }
    expect(await findPlace({ ...byVariable, env })).toBeUndefined()
    expect(asking.said[1]).toContain('0.08 s')
    expect(await findPlace({ ...byVariable, env: { AWS_METADATA_SERVICE_TIMEOUT: 'soon' } })).toBeUndefined()
    expect(asking.said[2]).toContain('0.4 s')
  })
})
