import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { EnergyCurve } from '@ergometer/core'
import { definitionOf, realContext } from '@ergometer/meter'
import { expect, onTestFinished, test } from 'vitest'
import plug from '../plug.ts'

const file = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8')
const recorded = (make: string) => JSON.parse(file(`../replies/${make}.json`)).reply

/** A plug that answers at one path with what `state` holds, and with a status. */
async function startPlug(path: string, reply: unknown) {
  const state = { reply, status: 200 }
  const server = createServer((request, response) => {
    response.writeHead(request.url === path ? state.status : 404).end(JSON.stringify(state.reply))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { state, address: `127.0.0.1:${(server.address() as AddressInfo).port}` }
}

async function open(env: Record<string, string>, clock = () => 0) {
  const meter = await definitionOf(plug).open(undefined, realContext({ env, clock }))
  const read = async () => {
    const values: number[] = []
    const rest = { gauge() {}, share() {}, restart() {}, uncertainty() {} }
    const record = Object.assign((_: number, value: number) => void values.push(value), rest)
    await meter.read(record, AbortSignal.timeout(10_000))
    return values[0]
  }
  return { domain: meter.domains[0], read }
}

const SHELLY = '/rpc/Switch.GetStatus?id=0'

test.each([
  ['shelly', 'SHELLY_ADDRESS', SHELLY, 57.3],
  ['tasmota', 'TASMOTA_ADDRESS', '/cm?cmnd=Status%2010', 5],
])('%s: its watts', async (make, variable, path, watts) => {
  const { address } = await startPlug(path, recorded(make))
  const { domain, read } = await open({ [variable]: address })
  expect(domain).toMatchObject({ kind: 'host', reads: { quantity: 'power' }, feeds: 'this-host' })
  expect(await read()).toBe(watts)
})

test('shelly: its counter, to joules', async () => {
  const { state, address } = await startPlug(SHELLY, recorded('shelly'))
  const { domain, read } = await open({ SHELLY_ADDRESS: address, SHELLY_READS: 'energy' })
  if (!domain) throw new Error('no domain')
  const curve = new EnergyCurve(domain, 1)
  curve.add(0, (await read()) as number)
  state.reply = { aenergy: { total: 15.093 } }
  const [segment] = curve.add(60, (await read()) as number).segments
  expect(segment?.joules).toBeCloseTo(3600)
})

test('what is no reading is none', async () => {
  const { state, address } = await startPlug(SHELLY, {})
  const { read } = await open({ SHELLY_ADDRESS: address })
  await expect(read()).rejects.toMatchObject({ outcome: 'retry', code: 'PLUG_UNREADABLE' })
  for (const reply of [{ apower: null }, 'Hello', null]) {
    state.reply = reply
    await expect(read()).rejects.toThrow('does this plug measure?')
  }
  state.status = 401
  await expect(read()).rejects.toThrow('status 401')
})

test('no address', async () => {
  await expect(async () => open({})).rejects.toMatchObject({ outcome: 'fatal', code: 'PLUG_UNKNOWN' })
})

test('is of at most 60 lines', () => {
  expect(file('../plug.ts').trimEnd().split('\n').length).toBeLessThanOrEqual(60)
})
