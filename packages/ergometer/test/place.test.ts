import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { bundledIntensity } from '@ergometer/carbon'
import { describe, expect } from 'vitest'
import { factorsFrom } from '../src/factors.ts'
import { withPlace } from '../src/place-factors.ts'
import { codes, type Place, STEADY, test, untilMetered } from './processes.ts'

const METER = ['--meter', STEADY]
const DUBLIN = { provider: 'aws', region: 'eu-west-1', instanceType: 'p3.2xlarge' }

/** Grams per kWh of Ireland, where eu-west-1 is, and Amazon's PUE there. */
const IRELAND = bundledIntensity('IE')?.gramsPerKilowattHour ?? Number.NaN
const PUE = 1.11

describe('factors by the place', () => {
  test('are those that nobody gave', () => {
    const { intensity, zoneUnknown, pue, embodied, fromPlace } = factorsFrom({}, [], DUBLIN)
    expect(intensity).toMatchObject({ zone: 'aws:eu-west-1', gramsPerKilowattHour: IRELAND })
    expect([zoneUnknown, pue]).toEqual([false, PUE])
    expect(embodied).toMatchObject({ hardware: 'aws:p3.2xlarge', totalGrams: 3_543_790, share: 0.125 })
    expect(fromPlace).toEqual([
      'zone aws:eu-west-1',
      'PUE 1.11 (Amazon Web Services, 2024)',
      'embodied emissions of aws:p3.2xlarge',
    ])
  })

  test('never take the place of what was given', () => {
    const given = { zone: 'FR', pue: 1.5, embodied: { totalGrams: 1000 } }
    expect(withPlace(given, DUBLIN)).toEqual({ given, fromPlace: [] })
    const { intensity, fromPlace } = factorsFrom({ intensity: 5, pue: 1 }, [], DUBLIN)
    expect(intensity).toMatchObject({ gramsPerKilowattHour: 5, zone: 'aws:eu-west-1' })
    expect(fromPlace).toEqual(['embodied emissions of aws:p3.2xlarge'])
  })

  test('are few where the table knows little of the place', () => {
    const sealed = factorsFrom({}, [], { provider: 'aws', region: 'us-gov-west-1', instanceType: 'q9.huge' })
    expect(sealed).toMatchObject({ zoneUnknown: true, pue: 1.14 })
    expect(sealed.intensity.zone).toBe('WORLD')
    expect(sealed.embodied).toBeUndefined()
    expect(factorsFrom({}, [], { provider: 'nobody', region: '../..' })).toEqual(factorsFrom({}))
  })
})

/** A machine of Amazon's by its firmware, without sensors of its own. */
function nitro(
  place: Place,
  firmware: Readonly<Record<string, string>> = { sys_vendor: 'Amazon EC2' },
): string {
  const folder = place.path('sys/class/dmi/id')
  mkdirSync(folder, { recursive: true })
  for (const [name, text] of Object.entries(firmware)) writeFileSync(join(folder, name), `${text}\n`)
  return place.path('sys')
}

/** IMDSv2 (docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html), with a document as there. */
async function imds(
  document: Readonly<Record<string, unknown>>,
  answer: (request: IncomingMessage, response: ServerResponse) => unknown = (
    { method, headers },
    response,
  ) => {
    if (method === 'PUT') return response.end('token-of-this-test')
    const known = headers['x-aws-ec2-metadata-token'] === 'token-of-this-test'
    return response.writeHead(known ? 200 : 401).end(JSON.stringify(document))
  },
  patience = '50',
) {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    answer(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    asked,
    // This process, which answers, may be slow: that is no matter here.
    env: { AWS_EC2_METADATA_SERVICE_ENDPOINT: url, AWS_METADATA_SERVICE_TIMEOUT: patience },
    [Symbol.dispose]: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** Zone of Los Angeles, region of Oregon: what a zone's name does not tell. */
const DOCUMENT = {
  accountId: '123456789012',
  availabilityZone: 'us-west-2-lax-1a',
  instanceId: 'i-1234567890abcdef0',
  instanceType: 'p4d.24xlarge',
  region: 'us-west-2',
  version: '2017-09-30',
}

describe.concurrent('a run on a machine of a cloud', () => {
  test('has the zone, the PUE and the power model of the place, by hand', async ({ place }) => {
    using service = await imds({ ...DOCUMENT, region: 'eu-west-1', instanceType: 'p3.2xlarge' })
    // A proxy would be asked first, and there is none.
    const proxy = {
      http_proxy: 'http://127.0.0.1:9',
      HTTP_PROXY: 'http://127.0.0.1:9',
      NODE_USE_ENV_PROXY: '1',
    }
    const env = { HOST_SYS: nitro(place), ...service.env, ...proxy }
    await place.cli(['run', ...METER, '--meter', 'estimate', '--', ...untilMetered(300)], { env })
    const stored = await place.stored()
    const { joules = Number.NaN } = stored.energy
    expect(stored.carbon.gramsCo2e).toBeCloseTo((joules / 3.6e6) * IRELAND * PUE, 9)
    expect(stored.carbon.intensity).toMatchObject({ zone: 'aws:eu-west-1', gramsPerKilowattHour: IRELAND })
    expect(stored.energy.facility).toMatchObject({ pue: PUE })
    // A P3 machine: 3543.79 kg in 35,040 hours, an eighth of it reserved.
    expect(stored.carbon.embodiedGrams).toBeCloseTo(
      (3_543_790 / (35_040 * 3600)) * stored.run.seconds * 0.125,
      9,
    )
    expect(stored.provenance.place).toMatchObject({
      provider: 'aws',
      region: 'eu-west-1',
      instanceType: 'p3.2xlarge',
      account: '123456789012',
      accelerators: { count: 1, label: 'NVIDIA V100' },
    })
    expect(codes(stored)).toContain('factors-from-place')
    for (const code of ['zone-unknown', 'pue-unknown', 'instance-unknown', 'place-unknown'])
      expect(codes(stored)).not.toContain(code)
    // Broadwell: 0.71 to 3.69 W for each of 8 vCPUs.
    const domain = place
      .journal()
      .find((line) => 'kind' in line && line.kind === 'domain' && line.id === 'estimate:cpu')
    expect(domain).toMatchObject({
      domain: {
        method: 'modelled',
        standardUncertainty: { relative: 0.5 },
        attributes: {
          basis: expect.stringContaining('aws p3.2xlarge: 5.68 to 29.52 W by Cloud Carbon Footprint'),
        },
      },
    })
    const cpu = stored.energy.domains.find(({ id }) => id === 'estimate:cpu')
    expect(cpu?.meanWatts).toBeGreaterThanOrEqual(5.68 - 1e-6)
    expect(cpu?.meanWatts).toBeLessThanOrEqual(29.52 + 1e-6)
    // The journal knows it all: elsewhere, years later, nothing is asked again.
    const asked = service.asked.length
    expect(asked).toBe(2)
    expect((await place.report()).carbon).toEqual(stored.carbon)
    const elsewhere = await place.cli(['report', '--json', '--zone', 'FR', '--pue', '1.5'])
    const moved = JSON.parse(elsewhere.stdout.toString())
    expect(moved.carbon.intensity.zone).toBe('FR')
    expect(moved.energy.facility.pue).toBe(1.5)
    expect(service.asked).toHaveLength(asked)
  })

  test('what the user gave wins, and an unknown type is said', async ({ place }) => {
    using service = await imds({ ...DOCUMENT, instanceType: 'q9.24xlarge' })
    const env = { HOST_SYS: nitro(place), ...service.env }
    const flags = ['--zone', 'FR', '--pue', '1.3']
    await place.cli(['run', ...METER, ...flags, '--', ...untilMetered(50, 'instance-unknown')], { env })
    const stored = await place.stored()
    expect(stored.carbon.intensity.zone).toBe('FR')
    expect(stored.energy.facility?.pue).toBe(1.3)
    expect(stored.provenance.place).toMatchObject({ region: 'us-west-2', zone: 'us-west-2-lax-1a' })
    expect(codes(stored)).not.toContain('factors-from-place')
    expect(codes(stored)).toContain('instance-unknown')
  })

  test('begins and is metered though nobody answers, and says so', async ({ place }) => {
    using service = await imds({}, () => {}, '0.3')
    const env = { HOST_SYS: nitro(place), ...service.env }
    const ended = await place.cli(['run', ...METER, '--', ...untilMetered(50, 'place-unknown')], { env })
    expect(ended.code).toBe(3)
    const stored = await place.stored()
    expect(codes(stored)).toEqual(expect.arrayContaining(['place-unknown', 'zone-unknown', 'pue-unknown']))
    expect(stored.energy.joules).toBeGreaterThan(0)
    expect(stored.provenance).not.toHaveProperty('place')
  })

  test('startRun knows the place as well', async ({ place }) => {
    using service = await imds({ ...DOCUMENT, region: 'eu-west-1' })
    const env = { HOST_SYS: nitro(place), ...service.env }
    const training = place.training(`
      import { readFileSync, readdirSync } from 'node:fs'
      const run = await startRun({ meters })
      const placed = () => readFileSync(\`.ergometer/runs/\${readdirSync('.ergometer/runs')[0]}/journal.ndjson\`, 'utf8').includes('"kind":"place"')
      while (!placed()) await sleep(0.05)
      await sleep(1.1)
      const report = await run.end()
      say('zone ' + report.carbon.intensity.zone + ' ' + report.energy.facility.pue)`)
    const { stdout } = await place.node(training, [], { env }).ended
    expect(stdout.toString()).toBe(`zone aws:eu-west-1 ${PUE}\n`)
  })

  test('on Google Cloud, and a source is asked for the zone of the place', async ({ place }) => {
    // docs.cloud.google.com/compute/docs/metadata/predefined-metadata-keys
    const values: Record<string, string> = {
      '/computeMetadata/v1/instance/zone': 'projects/123/zones/europe-north1-b',
      '/computeMetadata/v1/instance/machine-type': 'projects/123/machineTypes/a2-highgpu-1g',
    }
    using service = await imds({}, ({ url = '' }, response) =>
      response.writeHead(url in values ? 200 : 404, { 'metadata-flavor': 'Google' }).end(values[url]),
    )
    const host = service.env.AWS_EC2_METADATA_SERVICE_ENDPOINT.replace('http://', '')
    const firmware = { sys_vendor: 'Google', product_name: 'Google Compute Engine' }
    const env = { HOST_SYS: nitro(place, firmware), GCE_METADATA_HOST: host, GCE_METADATA_TIMEOUT: '50' }
    const path = place.write('grid.csv', 'time,gramsPerKilowattHour\n2020-01-01T00:00:00Z,50\n')
    const source = ['--source', `csv=${JSON.stringify({ path, basis: 'direct' })}`]
    const told = `until grep -qs '"kind":"intensity"' .ergometer/runs/*/journal.ndjson; do sleep 0.1; done; sleep 1.1`
    await place.cli(['run', ...METER, ...source, '--', 'sh', '-c', told], { env })
    const stored = await place.stored()
    expect(stored.carbon.intensity).toMatchObject({
      source: 'csv',
      zone: 'gcp:europe-north1',
      gramsPerKilowattHour: 50,
    })
    expect(stored.energy.facility?.pue).toBe(1.09)
    expect((await place.report()).carbon).toEqual(stored.carbon)
  })

  test('is where the resource is that it meters, wherever it is started', async ({ place }) => {
    using service = await imds(DOCUMENT)
    const remote = { provider: 'aws', region: 'eu-west-1', instanceId: 'i-0fedcba9876543210' }
    const options = { ...remote, instanceType: 'p3.2xlarge', endpoint: 'http://127.0.0.1:9' }
    const env = { HOST_SYS: nitro(place), ...service.env }
    const meters = [...METER, '--meter', `cloud=${JSON.stringify(options)}`]
    await place.cli(['run', ...meters, '--', ...untilMetered(50)], { env })
    const stored = await place.stored()
    expect(stored.carbon.intensity).toMatchObject({ zone: 'aws:eu-west-1', gramsPerKilowattHour: IRELAND })
    expect(stored.energy.facility?.pue).toBe(PUE)
    expect(stored.provenance.place).toEqual({ ...remote, instanceType: 'p3.2xlarge' })
    expect(codes(stored)).toContain('factors-from-place')
  })

  test('doctor tells the place', async ({ place }) => {
    using service = await imds(DOCUMENT)
    const env = { HOST_SYS: nitro(place), ...service.env }
    const { stdout } = await place.cli(['doctor', '--json'], { env })
    expect(JSON.parse(stdout.toString()).place).toMatchObject({
      provider: 'aws',
      region: 'us-west-2',
      instanceType: 'p4d.24xlarge',
      means: [
        'zone aws:us-west-2',
        'PUE 1.12 (Amazon Web Services, 2024)',
        'embodied emissions of aws:p4d.24xlarge',
        '61.44 to 381.1 W for its CPUs (Cloud Carbon Footprint (cascade-lake))',
      ],
    })
    const text = await place.cli(['doctor'], { env })
    expect(text.stdout.toString()).toContain('place · aws us-west-2 p4d.24xlarge')
  })
})

test('off the cloud nothing is sent, whatever the environment says', async ({ place }) => {
  using canary = await imds(DOCUMENT)
  const host = canary.env.AWS_EC2_METADATA_SERVICE_ENDPOINT.replace('http://', '')
  const hyperV = { sys_vendor: 'Microsoft Corporation', product_name: 'Virtual Machine' }
  const env = { HOST_SYS: nitro(place, hyperV), ...canary.env, GCE_METADATA_HOST: host }
  await place.cli(['run', ...METER, '--', ...untilMetered(50)], { env })
  const stored = await place.stored()
  await place.cli(['doctor'], { env })
  expect(canary.asked).toEqual([])
  expect(stored.provenance).not.toHaveProperty('place')
  expect(codes(stored)).toContain('zone-unknown')
})
