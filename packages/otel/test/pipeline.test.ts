import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openPipeline, type Pipeline } from '../src/pipeline.ts'

const said: string[] = []
let requests = 0
const server = createServer((request, response) => {
  requests++
  request.resume().once('end', () => response.writeHead(200).end())
})

beforeEach(async () => {
  requests = 0
  said.length = 0
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
})
afterEach(() => {
  server.closeAllConnections()
  server.close()
})

async function open(): Promise<Pipeline> {
  const { port } = server.address() as AddressInfo
  const world = { env: {}, clock: () => performance.now() / 1000, trouble: (text: string) => said.push(text) }
  const pipeline = await openPipeline({ otlp: `http://127.0.0.1:${port}` }, {}, world)
  pipeline.meterProvider.getMeter('test').createCounter('done').add(1)
  return pipeline
}

test('what has been flushed is not sent once more when the pipeline is closed', async () => {
  const pipeline = await open()
  await pipeline.flush(10)
  expect(requests).toBe(1)
  await pipeline.close(true)
  expect(requests).toBe(1)
  expect(said).toEqual([])
})

test('a collector that is down holds the end of a flush up no longer than asked', async () => {
  const pipeline = await open()
  server.close()
  await once(server, 'close')
  const begin = performance.now()
  await pipeline.flush(0.3)
  expect(performance.now() - begin).toBeLessThan(5000)
  await pipeline.close(true)
  expect(requests).toBe(0)
})

test.each([
  [true, 1],
  [false, 0],
])('the last scrape is waited for; it keeps the process alive: %s', async (holds, timers) => {
  const world = { env: {}, clock: () => performance.now() / 1000, trouble: (text: string) => said.push(text) }
  const pipeline = await openPipeline({ prometheus: '127.0.0.1:0' }, {}, world)
  await expect.poll(() => pipeline.address?.port).toBeGreaterThan(0)
  const alive = () => process.getActiveResourcesInfo().filter((one) => one === 'Timeout').length
  const before = alive()
  const closed = pipeline.close(true, holds)
  expect(alive() - before).toBe(timers)
  await (await fetch(`http://127.0.0.1:${pipeline.address?.port}/metrics`)).text()
  await closed
})
