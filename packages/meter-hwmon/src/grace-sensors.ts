import type { Domain } from '@ergometer/meter'
import type { Channel } from './channel.ts'
import type { HwmonChip } from './hwmon-chip.ts'
import { channelSensor, type Sensor } from './sensor.ts'

/** What NVIDIA's firmware says that a power meter covers, and of which socket. */
interface Area {
  /** The whole superchip; its Grace socket with memory; of that the rail of the cores, and that of the rest. */
  readonly name: 'module' | 'grace' | 'cpu' | 'sysio'
  readonly socket: number
}

/** An area and the meter that measures it. */
export interface AreaMeter extends Area {
  readonly chip: HwmonChip
  readonly channel: Channel
}

/** The area that a meter's text of its maker names, `Grace Power Socket 0`; undefined for other makers. */
export function graceArea(text: string | undefined): Area | undefined {
  const [, name, socket] = /^(module|grace|cpu|sysio) power socket (\d+)$/i.exec(text ?? '') ?? []
  return name === undefined ? undefined : { name: name.toLowerCase() as Area['name'], socket: Number(socket) }
}

/** What each area is, and which may contain it, the nearest first. */
const AREAS = {
  module: { kind: 'module', label: 'superchip', within: [] },
  grace: { kind: 'cpu', label: 'Grace and memory', within: ['module'] },
  cpu: { kind: 'cpu', label: 'cores of Grace', within: ['grace', 'module'] },
  sysio: { kind: 'other', label: 'I/O of Grace', within: ['grace', 'module'] },
} as const

/** The sensors of superchips: a module contains its Grace, that its rails and its memory. */
export function graceSensors(meters: readonly AreaMeter[]): Sensor[] {
  const sockets = new Set(meters.map(({ socket }) => socket))
  return [...sockets].flatMap((socket) => {
    const found = new Map(meters.filter((one) => one.socket === socket).map((one) => [one.name, one]))
    const memory = memorySensor(found.get('grace'), found.get('cpu'), found.get('sysio'))
    return [...[...found.values()].map((one) => areaSensor(one, found)), ...(memory ? [memory] : [])]
  })
}

function areaSensor(
  { name, socket, chip, channel }: AreaMeter,
  beside: ReadonlyMap<string, unknown>,
): Sensor {
  const { kind, label, within } = AREAS[name]
  const outer = within.find((one) => beside.has(one))
  const identity =
    name === 'module'
      ? `module:${socket}`
      : name === 'grace' || (name === 'cpu' && !beside.has('grace'))
        ? `cpu:package-${socket}`
        : undefined
  return channelSensor(chip, channel, {
    id: `${name}-${socket}`,
    kind,
    label: `${label} ${socket}`,
    ...(identity === undefined ? {} : { identity }),
    ...(outer === undefined ? {} : { within: `${outer}-${socket}` }),
  })
}

/**
 * Memory has no meter, but is what a socket draws beside its rails. Without it, a model of memory would count beside
 * a socket that contains it.
 */
function memorySensor(grace?: AreaMeter, cpu?: AreaMeter, sysio?: AreaMeter): Sensor | undefined {
  if (!grace || !cpu || !sysio) return undefined
  const { socket, chip, channel } = grace
  const domain: Domain = {
    id: `memory-${socket}`,
    kind: 'memory',
    label: `memory of Grace ${socket}`,
    method: 'measured',
    reads: channel.reads,
    within: `grace-${socket}`,
    attributes: { chip: chip.name, sensor: 'Grace - CPU - SysIO' },
  }
  return {
    domain,
    async read() {
      const parts = [grace, cpu, sysio].map((one) => one.channel.read())
      const [whole, ...rails] = await Promise.all(parts)
      const watts = rails.reduce<number>((rest, rail) => rest - (rail ?? Number.NaN), whole ?? Number.NaN)
      return watts > 0 ? watts : undefined
    },
  }
}
