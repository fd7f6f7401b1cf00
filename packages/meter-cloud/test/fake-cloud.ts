import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll } from 'vitest'

// Firmware names and metadata services of the three clouds, in the formats that they document; sources beside each.

/** Firmware names by file below `class/dmi/id`, as machines of each cloud have them. */
export const FIRMWARE = {
  // docs.aws.amazon.com/AWSEC2/latest/UserGuide/identify_ec2_instances.html
  nitro: { sys_vendor: 'Amazon EC2', product_name: 'm5.2xlarge', bios_vendor: 'Amazon EC2' },
  xen: { sys_vendor: 'Xen', product_name: 'HVM domU', product_uuid: 'EC2E1916-9099-7CAF-FD21-012345ABCDEF' },
  // docs.cloud.google.com/compute/docs/instances/detect-compute-engine
  google: { sys_vendor: 'Google', product_name: 'Google Compute Engine', bios_vendor: 'Google' },
  // learn.microsoft.com/azure/virtual-machines/instance-metadata-service: the chassis asset tag is Azure's alone
  azure: {
    sys_vendor: 'Microsoft Corporation',
    product_name: 'Virtual Machine',
    chassis_asset_tag: '7783-7084-3265-9085-8269-3286-77',
  },
  hyperV: {
    sys_vendor: 'Microsoft Corporation',
    product_name: 'Virtual Machine',
    chassis_asset_tag: '3286-1234',
  },
  kvm: {
    sys_vendor: 'QEMU',
    product_name: 'Standard PC (Q35 + ICH9, 2009)',
    product_uuid: 'ec2aaaaa-0000-0000-0000-000000000000',
  },
  laptop: { sys_vendor: 'LENOVO', product_name: '20XW', bios_vendor: 'LENOVO' },
} as const

const folders: string[] = []
const servers: (() => Promise<void>)[] = []
afterAll(async () => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
  await Promise.all(servers.splice(0).map((close) => close()))
})

/** A `/sys` with these firmware names, and other files beside. */
export function fakeSys(
  dmi: Readonly<Record<string, string>>,
  others: Readonly<Record<string, string>> = {},
): string {
  const root = mkdtempSync(join(tmpdir(), 'ergometer-cloud-'))
  folders.push(root)
  const files = {
    ...others,
    ...Object.fromEntries(Object.entries(dmi).map(([name, text]) => [`class/dmi/id/${name}`, text])),
  }
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), `${text}\n`)
  }
  return root
}

/** A service on this machine, with what it was asked: method, path and headers. */
export interface FakeService {
  readonly url: string
  readonly asked: {
    readonly method: string
    readonly path: string
    readonly headers: IncomingMessage['headers']
  }[]
}

/** Serves with what `answer` does. */
export async function serve(
  answer: (request: IncomingMessage, response: ServerResponse) => unknown,
): Promise<FakeService> {
  const asked: FakeService['asked'] = []
  const server = createServer((request, response) => {
    asked.push({ method: request.method ?? '', path: request.url ?? '', headers: request.headers })
    answer(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  servers.push(
    () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  )
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}

/** An identity document, as docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-identity-documents.html shows it. */
export const AWS_DOCUMENT = {
  devpayProductCodes: null,
  marketplaceProductCodes: ['1abc2defghijklm3nopqrs4tu'],
  availabilityZone: 'us-west-2b',
  privateIp: '10.158.112.84',
  version: '2017-09-30',
  instanceId: 'i-1234567890abcdef0',
  billingProducts: null,
  instanceType: 'm5.2xlarge',
  accountId: '123456789012',
  imageId: 'ami-5fb8c835',
  pendingTime: '2016-11-19T16:32:11Z',
  architecture: 'x86_64',
  kernelId: null,
  ramdiskId: null,
  region: 'us-west-2',
}

const TOKEN = 'AQAEAP-0123456789=='

/** IMDSv2: a document only for the token, which only PUT gives (docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html). */
export function fakeAws(document: unknown = AWS_DOCUMENT): Promise<FakeService> {
  return serve(({ method, url, headers }, response) => {
    const seconds = Number(headers['x-aws-ec2-metadata-token-ttl-seconds'])
    if (method === 'PUT' && url === '/latest/api/token') {
      if (!(seconds >= 1 && seconds <= 21_600)) return response.writeHead(400).end()
      return response.writeHead(200, { 'content-type': 'text/plain' }).end(TOKEN)
    }
    if (headers['x-aws-ec2-metadata-token'] !== TOKEN) return response.writeHead(401).end()
    if (method !== 'GET' || url !== '/latest/dynamic/instance-identity/document')
      return response.writeHead(404).end()
    return response.end(typeof document === 'string' ? document : JSON.stringify(document))
  })
}

/** Google's metadata server: plain text, the flavor in question and reply (docs.cloud.google.com/compute/docs/metadata/predefined-metadata-keys). */
export function fakeGoogle(values: Readonly<Record<string, string>> = {}): Promise<FakeService> {
  const known: Record<string, string> = {
    'instance/zone': 'projects/123456789/zones/us-central1-a',
    'instance/machine-type': 'projects/123456789/machineTypes/a2-highgpu-1g',
    'instance/id': '5477632904215437421',
    'project/project-id': 'training-1234',
    ...values,
  }
  return serve(({ url = '', headers }, response) => {
    if (headers['metadata-flavor'] !== 'Google') return response.writeHead(403).end()
    const value = known[url.replace('/computeMetadata/v1/', '')]
    if (value === undefined) return response.writeHead(404, { 'metadata-flavor': 'Google' }).end()
    return response
      .writeHead(200, { 'metadata-flavor': 'Google', 'content-type': 'application/text' })
      .end(value)
  })
}

/** Azure's instance metadata: refused without the header (learn.microsoft.com/azure/virtual-machines/instance-metadata-service). */
export function fakeAzure(values: Readonly<Record<string, unknown>> = {}): Promise<FakeService> {
  return serve(({ url, headers }, response) => {
    if (headers['metadata'] !== 'true')
      return response.writeHead(400).end('{"error":"Bad request. Required metadata header not specified"}')
    if (url !== '/metadata/instance/compute?api-version=2021-12-13&format=json')
      return response.writeHead(404).end()
    return response.end(
      JSON.stringify({
        azEnvironment: 'AzurePublicCloud',
        location: 'westeurope',
        name: 'examplevmname',
        resourceId:
          '/subscriptions/8d10da13-8125-4ba9-a717-bf7490507b3d/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/v',
        subscriptionId: '8d10da13-8125-4ba9-a717-bf7490507b3d',
        tags: '',
        vmId: '02aab8a4-74ef-476e-8182-f6d2ba4166a6',
        vmSize: 'Standard_NC24ads_A100_v4',
        zone: '2',
        ...values,
      }),
    )
  })
}
