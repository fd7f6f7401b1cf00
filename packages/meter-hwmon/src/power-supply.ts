import { join } from 'node:path'
import { listFolder, readNow, readNumber } from './sysfs-file.ts'

/** A battery, a UPS or a charger, as the kernel's power_supply class shows it. */
export interface PowerSupply {
  readonly name: string
  readonly folder: string
  /** `Battery`, `UPS`, or what charges: `Mains`, `USB`, `Wireless`. */
  readonly type: string
  /** `Discharging`, `Charging`, `Full`, `Not charging`; `Unknown` also if it does not say. */
  readonly status: string
  /** It feeds something now, as a charger. */
  readonly online: boolean
}

/** The folder of all supplies under a root of `/sys`. */
export function supplyFolder(sysRoot: string): string {
  return join(sysRoot, 'class/power_supply')
}

/** The supplies of the machine itself that are there now: no mouse's, no empty bay's. */
export async function findSupplies(sysRoot: string): Promise<PowerSupply[]> {
  const names = listFolder(supplyFolder(sysRoot)).sort()
  const supplies = await Promise.all(names.map((name) => readSupply(name, join(supplyFolder(sysRoot), name))))
  return supplies.filter((supply) => supply !== undefined)
}

async function readSupply(name: string, folder: string): Promise<PowerSupply | undefined> {
  const read = (file: string) => readNow(join(folder, file)).catch(() => '')
  const [type, scope, present, status, online] = await Promise.all(
    ['type', 'scope', 'present', 'status', 'online'].map(read),
  )
  if (scope === 'Device' || present === '0' || !type) return undefined
  return { name, folder, type, status: status || 'Unknown', online: online !== '' && online !== '0' }
}

/**
 * Watts that flow into or out of a supply: its status tells which, for drivers differ in the sign.
 * @throws MeterError `HWMON_UNREADABLE`
 */
export async function supplyWatts({ folder }: PowerSupply): Promise<number> {
  const read = (file: string) => readNumber(join(folder, file))
  const watts = listFolder(folder).includes('power_now')
    ? (await read('power_now')) * 1e-6
    : (await read('voltage_now')) * (await read('current_now')) * 1e-12
  return Math.abs(watts)
}
