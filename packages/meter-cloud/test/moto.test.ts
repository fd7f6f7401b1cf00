import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { AWS_ENV, gpuPower, INSTANCE, open, read } from './aws-world.ts'

const SCRIPT = fileURLToPath(new URL('../../../scripts/moto.mjs', import.meta.url))
const HOUR = Math.floor(Date.now() / 3_600_000) * 3600 - 3600

/** Where moto is, or why there is none. */
const { stdout } = spawnSync(process.execPath, [SCRIPT], { encoding: 'utf8' })
const { folder, why } = JSON.parse(stdout) as { folder?: string; why?: string }
if (why !== undefined) console.log(`moto: skipped: ${why}`)

let server: ChildProcess | undefined
let endpoint = ''

beforeAll(async () => {
  if (why !== undefined) return
  for (const [name, value] of Object.entries(AWS_ENV)) vi.stubEnv(name, value)
  const port = await freePort()
  endpoint = `http://127.0.0.1:${port}`
  server = spawn('python3', ['-m', 'moto.server', '-H', '127.0.0.1', '-p', String(port)], {
    stdio: 'ignore',
    env: { ...process.env, PYTHONPATH: folder },
  })
  await vi.waitFor(() => fetch(`${endpoint}/moto-api/data.json`), { timeout: 60_000, interval: 200 })
})

afterAll(async () => {
  vi.unstubAllEnvs()
  if (server?.exitCode !== null) return
  server.kill()
  await once(server, 'exit')
})

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  await new Promise((resolve) => probe.close(resolve))
  return port
}

describe.skipIf(why !== undefined)('a CloudWatch that others wrote', () => {
  it('tells what its metrics of power come to', async () => {
    const client = new CloudWatchClient({ region: 'eu-west-1', endpoint })
    const minutes = [0, 1, 2, 4]
    for (const gpu of [0, 1]) {
      const { Namespace, ...metric } = gpuPower(gpu)
      await client.send(
        new PutMetricDataCommand({
          Namespace,
          MetricData: minutes.flatMap((minute) =>
            // Two figures a minute, whose mean is 200 W, and 10 W more each minute.
            [-50, 50].map((more, half) => ({
              MetricName: metric.MetricName,
              Dimensions: [...metric.Dimensions],
              Timestamp: new Date((HOUR + minute * 60 + half * 30) * 1000),
              Value: 200 + 100 * gpu + 10 * minute + more,
            })),
          ),
        }),
      )
    }
    client.destroy()
    const window = { from: new Date(HOUR * 1000), to: new Date((HOUR + 300) * 1000) }
    const { meter } = await open(
      { provider: 'aws', region: 'eu-west-1', instanceId: INSTANCE, endpoint },
      window,
    )
    const told = await read(meter)
    const joules = (gpu: number) =>
      told
        .filter(({ id }) => id.endsWith(`gpu-${gpu}`))
        .map(({ from, joules: energy }) => [(from - HOUR) / 60, energy])
    expect(joules(0)).toEqual(minutes.map((minute) => [minute, 60 * (200 + 10 * minute)]))
    expect(joules(1)).toEqual(minutes.map((minute) => [minute, 60 * (300 + 10 * minute)]))
    meter.close?.()
  })
})
