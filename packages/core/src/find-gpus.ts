import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Where a system's own folders are: a container's host may have mounted its own elsewhere. */
export interface SystemRoots {
  readonly sysRoot: string
  readonly procRoot: string
}

const DISPLAY = /^0x03/
const NVIDIA = '0x10de'
const AMD = '0x1002'
const INTEL = '0x8086'

/** Labels of the GPUs on this machine's PCI buses, metered or not. Graphics that are part of a CPU's package are none. */
export function findGpus({ sysRoot, procRoot }: SystemRoots): string[] {
  const root = join(sysRoot, 'bus/pci/devices')
  return list(root).flatMap((address) => {
    const device = join(root, address)
    if (!DISPLAY.test(text(join(device, 'class')))) return []
    switch (text(join(device, 'vendor'))) {
      case NVIDIA:
        return [nvidiaModel(procRoot, address) ?? `NVIDIA GPU ${address}`]
      case AMD:
        return isApu(device) ? [] : [`AMD GPU ${address}`]
      case INTEL:
        // What sits on the root bus is the processor's own.
        return /^[0-9a-f]{4}:00:/.test(address) ? [] : [`Intel GPU ${address}`]
      default:
        return []
    }
  })
}

/** The model that the NVIDIA driver tells. */
function nvidiaModel(procRoot: string, address: string): string | undefined {
  const information = text(join(procRoot, 'driver/nvidia/gpus', address, 'information'))
  return /^Model:\s*(.+)$/m.exec(information)?.[1]?.trim()
}

/** Only APUs show a northbridge's voltage, or limits that are slow and fast (kernel, amdgpu_pm.c). */
function isApu(device: string): boolean {
  return list(join(device, 'hwmon')).some((chip) => {
    const label = (name: string) => text(join(device, 'hwmon', chip, name))
    return label('in1_label') === 'vddnb' || /^(?:slow|fast)PPT$/.test(label('power1_label'))
  })
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder).sort()
  } catch {
    return []
  }
}

function text(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return ''
  }
}
