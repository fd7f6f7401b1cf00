import { realpathSync } from 'node:fs'
import { basename, join } from 'node:path'
import { listFolder, readNow, readText } from './sysfs-file.ts'

/** A chip, or a driver that poses as one, as the kernel's hwmon class shows it. */
export interface HwmonChip {
  /** What its driver calls it: `amdgpu`, `ina3221`. */
  readonly name: string
  /** Name and device, `amdgpu-0000:03:00.0`: stable over restarts, as the number of a hwmon folder is not. */
  readonly id: string
  /** Where its values lie. */
  readonly folder: string
  /** The names of its files. */
  readonly files: ReadonlySet<string>
  /** Its device's folder, links resolved. */
  readonly device?: string
  /** Its device's address, if that is on the PCI bus. */
  readonly pci?: string
}

const PCI_ADDRESS = /^[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$/

/** The folder of all chips under a root of `/sys`. */
export function hwmonFolder(sysRoot: string): string {
  return join(sysRoot, 'class/hwmon')
}

/** The chips under a root of `/sys`, in the order of their numbers. What power_supply shows as well is left to that. */
export function findChips(sysRoot: string): HwmonChip[] {
  const numbers = listFolder(hwmonFolder(sysRoot))
    .map((entry) => Number(/^hwmon(\d+)$/.exec(entry)?.[1] ?? Number.NaN))
    .filter((number) => !Number.isNaN(number))
  const ids = new Set<string>()
  return numbers
    .sort((a, b) => a - b)
    .flatMap((number) => {
      const chip = readChip(join(hwmonFolder(sysRoot), `hwmon${number}`))
      if (!chip || chip.device?.includes('/power_supply/')) return []
      const id = ids.has(chip.id) ? `${chip.id}-${number}` : chip.id
      ids.add(id)
      return [{ ...chip, id }]
    })
}

function readChip(entry: string): HwmonChip | undefined {
  // Old drivers, that of the ACPI power meter among them, keep name and values with the device.
  const folder = [entry, join(entry, 'device')].find((place) => readText(join(place, 'name')))
  const name = folder && readText(join(folder, 'name'))
  if (!folder || !name) return undefined
  const device = resolved(join(entry, 'device'))
  const address = device && basename(device)
  return {
    name,
    id: `${name}-${address ?? basename(entry)}`.replace(/[^A-Za-z0-9_.:-]/g, '_').slice(0, 80),
    folder,
    files: new Set(listFolder(folder)),
    ...(device === undefined ? {} : { device }),
    ...(address !== undefined && PCI_ADDRESS.test(address) ? { pci: address } : {}),
  }
}

function resolved(link: string): string | undefined {
  try {
    return realpathSync(link)
  } catch {
    return undefined
  }
}

/** The text of one of a chip's files that do not change. */
export function chipText(chip: HwmonChip, file: string): string | undefined {
  return chip.files.has(file) ? readText(join(chip.folder, file)) : undefined
}

/** True while a chip's device is powered down: to read it would wake it, and keep it awake. */
export async function isAsleep({ device, pci }: HwmonChip): Promise<boolean> {
  if (device === undefined || pci === undefined) return false
  const status = await readNow(join(device, 'power/runtime_status')).catch(() => '')
  return status.startsWith('suspend')
}
