import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { meterConformance, type World } from '@ergometer/meter/conformance'
import { describe, test } from 'vitest'
import plug from '../plug.ts'

/** Watts between which what hangs on the plug sways, and the seconds that it takes. */
const MEAN = 120
const SWING = 50
const SLOWLY = 300

/** What a plug answers, as `replies/` has it. */
const MAKES = {
  shelly: { variable: 'SHELLY_ADDRESS', reply: (watts: number) => ({ apower: watts }) },
  tasmota: {
    variable: 'TASMOTA_ADDRESS',
    reply: (watts: number) => ({ StatusSNS: { ENERGY: { Power: watts } } }),
  },
  'shelly, by its counter': {
    variable: 'SHELLY_ADDRESS',
    reads: 'energy',
    reply: (_watts: number, joules: number) => ({ aenergy: { total: Math.round(joules / 3.6) / 1000 } }),
  },
}

/** A plug that answers over the network. */
async function worldOf(make: keyof typeof MAKES): Promise<World> {
  const { variable, reply, ...more } = MAKES[make]
  let seconds = 0
  /** Joules that it has counted before. */
  let counted = 54_000
  let mood: 'well' | 'failing' | 'garbling' | 'silent' = 'well'
  const watts = () => MEAN + SWING * Math.sin(seconds / SLOWLY)
  const joules = () => MEAN * seconds + SWING * SLOWLY * (1 - Math.cos(seconds / SLOWLY))
  const server = createServer((_request, response) => {
    if (mood === 'failing') response.destroy()
    else if (mood === 'garbling') response.end('<html>')
    else if (mood === 'well') response.end(JSON.stringify(reply(watts(), counted + joules())))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`
  const be = (next: typeof mood) => () => {
    mood = next
  }
  return {
    context: { env: { [variable]: address, ...('reads' in more ? { SHELLY_READS: more.reads } : {}) } },
    get seconds() {
      return seconds
    },
    advance(more) {
      seconds += more
    },
    joules,
    reset() {
      counted = -joules()
    },
    fail: be('failing'),
    garble: be('garbling'),
    hang: be('silent'),
    heal: be('well'),
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

describe.each(Object.keys(MAKES) as (keyof typeof MAKES)[])('%s', (make) => {
  meterConformance({
    test,
    meter: plug,
    world: () => worldOf(make),
    // Node 20 cannot import TypeScript by itself.
    importer: new URL('../../../packages/ergometer/dist/import-module.js', import.meta.url).href,
  })
})
