import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { definitionOf, realContext } from '@ergometer/meter'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import cloud from '../src/index.ts'
import { AWS_ENV, gpuPower, INSTANCE } from './aws-world.ts'
import { FakeCloudWatch } from './fake-cloudwatch.ts'

let server: FakeCloudWatch
const sysRoot = mkdtempSync(join(tmpdir(), 'cloud-here-'))

beforeEach(async () => {
  server = await new FakeCloudWatch().listen()
  mkdirSync(join(sysRoot, 'class/dmi/id'), { recursive: true })
  writeFileSync(join(sysRoot, 'class/dmi/id/sys_vendor'), 'Amazon EC2\n')
  // The endpoint of a meter without options is that of AWS's own settings.
  for (const [name, value] of Object.entries({ ...AWS_ENV, AWS_ENDPOINT_URL: server.address }))
    vi.stubEnv(name, value)
})

afterEach(async () => {
  await server.close()
  vi.unstubAllEnvs()
  rmSync(sysRoot, { recursive: true, force: true })
})

/** IMDSv2 of the machine that this is. */
async function imds(): Promise<Server> {
  const document = { region: 'eu-west-1', instanceId: INSTANCE, instanceType: 'p4d.24xlarge', accountId: '1' }
  const metadata = createServer((request, response) => {
    response.end(request.method === 'PUT' ? 'token' : JSON.stringify(document))
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => metadata.once('listening', resolve))
  return metadata
}

it.each([
  ['without options', {}],
  ['named without its type', { provider: 'aws', region: 'eu-west-1', instanceId: INSTANCE }],
] as const)('%s is about the machine that it runs on', async (_, options) => {
  const metadata = await imds()
  const endpoint = `http://127.0.0.1:${(metadata.address() as AddressInfo).port}`
  server.put(gpuPower(0), Math.floor(Date.now() / 60_000) * 60, 100)
  const context = realContext({ sysRoot, env: { AWS_EC2_METADATA_SERVICE_ENDPOINT: endpoint } })
  const meter = await definitionOf(cloud).open(options, context)
  metadata.close()
  // 96 vCPUs, and 8 GPUs of which the agent tells one: by what a meter here may tell too.
  expect(meter.domains).toMatchObject([
    { id: `${INSTANCE}/gpu-0`, identity: 'this-host:gpu-0', method: 'measured' },
    { id: `${INSTANCE}/cpu`, identity: 'this-host:cpu', method: 'modelled' },
    { id: `${INSTANCE}/memory`, identity: 'this-host:memory', method: 'modelled' },
  ])
  expect(server.requests[0]?.headers.authorization).toContain('/eu-west-1/monitoring/')
  await meter.close?.()
})

it('named otherwise is another machine, of which this one says nothing', async () => {
  const metadata = await imds()
  const endpoint = `http://127.0.0.1:${(metadata.address() as AddressInfo).port}`
  const other = 'i-0fedcba9876543210'
  server.put(gpuPower(0, { InstanceId: other }), Math.floor(Date.now() / 60_000) * 60, 100)
  const context = realContext({ sysRoot, env: { AWS_EC2_METADATA_SERVICE_ENDPOINT: endpoint } })
  const options = { provider: 'aws', region: 'eu-west-1', instanceId: other } as const
  const meter = await definitionOf(cloud).open(options, context)
  metadata.close()
  expect(meter.domains.map(({ id, identity }) => [id, identity])).toEqual([[`${other}/gpu-0`, undefined]])
  await meter.close?.()
})
