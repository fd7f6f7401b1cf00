import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Gpu } from './gpu.ts'
import { ifOffered } from './nvml-trouble.ts'

/** NVML's number for how many links a GPU has to a CPU on its own module. */
const C2C_LINKS = 170
const SUPERCHIP = /\bG[BH]\d+\b/
/** Superchips of two GPUs. */
const TWIN = /\bGB[23]00\b/

/** The GPUs of one superchip: a module of a Grace CPU and one or two of them. */
export interface Superchip {
  /** Number of its CPU's socket; undefined where the system does not say. */
  readonly socket: number | undefined
  readonly gpus: readonly Gpu[]
}

/** True for a GPU that shares a module, and its power supply, with a CPU: by its links, else by its name. */
export function isOnSuperchip({ device, name }: Gpu): boolean {
  const [links] = ifOffered(() => device.fieldValues([{ field: C2C_LINKS }])) ?? []
  return Number(links?.value ?? 0) > 0 || SUPERCHIP.test(name)
}

/**
 * GPUs by the superchip that they are on. The NUMA node of a GPU's PCI device is the socket that it shares a module
 * with; where nothing says so, it is the higher digits of its PCI domain, which firmware numbers by socket (8 and 9 are
 * socket 0, 18 and 19 are socket 1). Where not even that is known, neighbours are together of which a superchip has two:
 * a module that is counted twice is worse than one that is told for another.
 */
export function groupBySuperchip(gpus: readonly Gpu[], sysRoot: string): Superchip[] {
  const groups = new Map<string, Gpu[]>()
  const sockets = new Map<string, number>()
  for (const gpu of gpus) {
    const socket = numaNode(gpu, sysRoot)
    const key = socket === undefined ? `PCI ${pciGroup(gpu)}` : `socket ${socket}`
    if (socket !== undefined) sockets.set(key, socket)
    groups.set(key, [...(groups.get(key) ?? []), gpu])
  }
  const alone = groups.size === 1 ? 0 : undefined
  return [...groups].map(([key, members]) => ({ socket: sockets.get(key) ?? alone, gpus: members }))
}

function numaNode({ busId }: Gpu, sysRoot: string): number | undefined {
  if (busId === undefined) return undefined
  // The system writes four digits of the domain, in lower case.
  const address = busId.toLowerCase().replace(/^0+(?=[0-9a-f]{4}:)/, '')
  try {
    const node = Number(readFileSync(join(sysRoot, 'bus/pci/devices', address, 'numa_node'), 'utf8'))
    return Number.isInteger(node) && node >= 0 ? node : undefined
  } catch {
    return undefined
  }
}

function pciGroup({ busId, uuid, name, index }: Gpu): string {
  const domain = /^([0-9a-f]+):/i.exec(busId ?? '')?.[1]
  if (domain !== undefined) return String(Number.parseInt(domain, 16) >> 4)
  return TWIN.test(name) ? `pair ${index >> 1}` : uuid
}
