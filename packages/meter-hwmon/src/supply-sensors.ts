import type { Domain } from '@ergometer/meter'
import { findSupplies, type PowerSupply, supplyWatts } from './power-supply.ts'
import { type Found, leftOut, type Note, type Sensor } from './sensor.ts'

/** Gauges renew what they show every few seconds to half a minute; none tells how often. Seconds. */
const UPDATE_PERIOD = 10

/**
 * The sensors of batteries and UPSs that feed now; with `always` also of those that may do so later. Power that comes from
 * anywhere else is not seen by them: then they tell nothing.
 */
export async function supplySensors(sysRoot: string, always: boolean): Promise<Found> {
  const supplies = await findSupplies(sysRoot)
  const batteries = supplies.filter(({ type }) => type === 'Battery')
  const sensors: Sensor[] = []
  const notes: Note[] = []
  if (batteries.length > 0) {
    const why = whyNotAlone(supplies)
    if (why === undefined || always) sensors.push(batterySensor(sysRoot, batteries))
    else
      notes.push(
        leftOut(`battery: ${why}; it shows the host's power only while nothing else feeds it`, 'battery'),
      )
  }
  for (const ups of supplies.filter(({ type }) => type === 'UPS')) {
    if (ups.status === 'Discharging' || always) sensors.push(upsSensor(sysRoot, ups))
    else notes.push(leftOut(`${ups.name}: a UPS that is not discharging shows no power`, `ups-${ups.name}`))
  }
  return { sensors, notes }
}

/** Why batteries are not all that feeds this host now; undefined: they are. */
function whyNotAlone(supplies: readonly PowerSupply[]): string | undefined {
  const batteries = supplies.filter(({ type }) => type === 'Battery')
  const charger = supplies.find(({ type, online }) => type !== 'Battery' && type !== 'UPS' && online)
  const charging = batteries.find(({ status }) => status === 'Charging')
  if (charger) return `${charger.name} is plugged in`
  if (charging) return `${charging.name} is charging`
  if (!batteries.some(({ status }) => status === 'Discharging')) return 'it is not discharging'
  return undefined
}

/** All batteries of a host as one: only together do they feed the whole of it. */
function batterySensor(sysRoot: string, batteries: readonly PowerSupply[]): Sensor {
  const names = batteries.map(({ name }) => name).join(' and ')
  return {
    domain: supplyDomain('battery', batteries.length > 1 ? `batteries ${names}` : `battery ${names}`, {
      feeds: 'this-host',
    }),
    async read() {
      const supplies = await findSupplies(sysRoot)
      return whyNotAlone(supplies) === undefined
        ? batteryWatts(supplies.filter(({ type }) => type === 'Battery'))
        : undefined
    },
  }
}

/** Watts of batteries of which one at least discharges and none charges. */
async function batteryWatts(batteries: readonly PowerSupply[]): Promise<number | undefined> {
  let sum = 0
  for (const battery of batteries) {
    if (battery.status === 'Full' || battery.status === 'Not charging') continue
    const watts = await supplyWatts(battery)
    // Which way its power flows is not known, unless there is none.
    if (battery.status !== 'Discharging' && watts > 0) return undefined
    sum += watts
  }
  // A gauge that has not noticed yet that the mains are gone.
  return sum > 0 ? sum : undefined
}

/** Others may hang on a UPS: what it gives is not said to be this host's. */
function upsSensor(sysRoot: string, { name }: PowerSupply): Sensor {
  return {
    domain: supplyDomain(`ups-${name}`, `UPS ${name}`, {}),
    async read() {
      const ups = (await findSupplies(sysRoot)).find((supply) => supply.name === name)
      if (ups?.status !== 'Discharging') return undefined
      const watts = await supplyWatts(ups)
      return watts > 0 ? watts : undefined
    },
  }
}

function supplyDomain(id: string, label: string, more: Pick<Domain, 'feeds'>): Domain {
  return {
    id: id.replace(/[^A-Za-z0-9_.:-]/g, '_'),
    kind: 'host',
    label,
    method: 'measured',
    reads: { quantity: 'power' },
    updatePeriod: UPDATE_PERIOD,
    ...more,
  }
}
