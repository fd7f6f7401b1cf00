import { meterConformance, type World } from '@ergometer/meter/conformance'
import { describe, test } from 'vitest'
import redfish from '../src/index.ts'
import { FakeBmc, type Mood, recorded } from './fake-bmc.ts'
import { ENV } from './open-bmc.ts'

/** Watts between which a server's load goes up and down, and the seconds that it takes. */
const IDLE = 200
const SWING = 100
const SLOWLY = 600
const BROKEN: Mood = (_request, response) => Boolean(response.writeHead(503).end())
const GARBLED: Mood = (_request, response) => Boolean(response.end('<html>'))
const SILENT: Mood = () => true

/** What makers' BMCs show: where it is, and the counter beside, if there is one. */
interface Machine {
  readonly replies: string
  readonly chassis?: string
  show(bmc: FakeBmc, watts: number, joules: number): void
}

const METRICS = '/redfish/v1/Chassis/HGX_GPU_0/EnvironmentMetrics'

const MACHINES: Record<string, Machine> = {
  'iDRAC, in the older Power': {
    replies: 'dell-idrac',
    chassis: 'System.Embedded.1',
    show(bmc, watts) {
      const power = bmc.resources['/redfish/v1/Chassis/System.Embedded.1/Power'] as { PowerControl: object[] }
      power.PowerControl = [{ ...power.PowerControl[0], PowerConsumedWatts: watts }]
    },
  },
  'OpenBMC of NVIDIA, with a counter of joules': {
    replies: 'supermicro-gb-nvl',
    show(bmc, watts, joules) {
      bmc.show(METRICS, 'PowerWatts', watts)
      bmc.show(METRICS, 'EnergyJoules', Math.round(joules * 1000) / 1000)
    },
  },
}

/** A BMC that answers over the network with what it once answered, and with numbers that follow a load. */
async function worldOf({ replies, chassis, show }: Machine): Promise<World> {
  const bmc = await new FakeBmc(recorded(replies, chassis)).listen()
  let seconds = 0
  /** Joules that were counted before the counter began anew. */
  let before = 0
  const watts = () => IDLE + SWING * Math.sin(seconds / SLOWLY)
  const joules = () => IDLE * seconds + SWING * SLOWLY * (1 - Math.cos(seconds / SLOWLY))
  const renew = () => show(bmc, watts(), 1e6 + joules() - before)
  const be = (mood: Mood) => () => {
    bmc.mood = mood
  }
  renew()
  return {
    context: { env: ENV },
    options: {
      address: bmc.address,
      insecure: true,
      updatePeriod: 5,
      ...(replies === 'supermicro-gb-nvl' ? { chassis: 'HGX_GPU_0' } : {}),
    },
    get seconds() {
      return seconds
    },
    advance(more) {
      seconds += more
      renew()
    },
    joules,
    reset() {
      before = 1e6 + joules()
      renew()
    },
    fail: be(BROKEN),
    garble: be(GARBLED),
    hang: be(SILENT),
    heal: be(() => false),
    close: () => bmc.close(),
  }
}

describe.each(Object.keys(MACHINES))('%s', (name) => {
  meterConformance({
    test,
    meter: redfish,
    world: () => worldOf(MACHINES[name] as Machine),
    module: new URL('../dist/index.js', import.meta.url).href,
  })
})
