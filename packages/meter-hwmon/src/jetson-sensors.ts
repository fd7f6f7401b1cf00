import type { DomainKind } from '@ergometer/meter'
import type { PowerChip } from './channel.ts'
import { channelSensor, type Found, leftOut, type Sensor } from './sensor.ts'

/**
 * The rails of Jetson modules by the labels of their device trees (Jetson Linux Developer Guide, power and
 * performance of each module), and what they feed. CV: the accelerators for vision and learning.
 */
const RAILS: Readonly<Record<string, readonly [kind: DomainKind, what: string]>> = {
  VDD_IN: ['module', 'module'],
  POM_5V_IN: ['module', 'module'],
  // Nano; Orin NX and Nano, Xavier NX
  POM_5V_CPU: ['cpu', 'CPU'],
  POM_5V_GPU: ['gpu', 'GPU'],
  VDD_CPU_GPU_CV: ['other', 'CPU, GPU, CV'],
  VDD_SOC: ['other', 'SoC'],
  // AGX Orin
  VDD_GPU_SOC: ['gpu', 'GPU and SoC'],
  VDD_CPU_CV: ['cpu', 'CPU and CV'],
  VIN_SYS_5V0: ['other', 'memory, I/O (5 V)'],
  VDDQ_VDD2_1V8AO: ['memory', 'memory'],
  // AGX Thor
  VDD_GPU: ['gpu', 'GPU'],
  VDD_CPU_SOC_MSS: ['cpu', 'CPU, SoC, memory'],
  // AGX Xavier
  GPU: ['gpu', 'GPU'],
  CPU: ['cpu', 'CPU'],
  SOC: ['other', 'SoC'],
  CV: ['accelerator', 'CV'],
  VDDRQ: ['memory', 'memory'],
  SYS5V: ['other', 'I/O (5 V)'],
  // TX2
  VDD_SYS_CPU: ['cpu', 'CPU'],
  VDD_SYS_GPU: ['gpu', 'GPU'],
  VDD_SYS_SOC: ['other', 'SoC'],
  VDD_SYS_DDR: ['memory', 'memory'],
  VDD_5V0_DDR: ['memory', 'memory'],
}
/** A rail of a rail, in modules whose input is not measured. */
const WITHIN: Readonly<Record<string, string>> = { VDDQ_VDD2_1V8AO: 'VIN_SYS_5V0' }

const railOf = (label: string | undefined) =>
  label !== undefined && Object.hasOwn(RAILS, label) ? RAILS[label] : undefined

/** True for the monitors of a Jetson: an INA3221 alone may be on any board. */
export function isJetson({ chip, channels }: PowerChip): boolean {
  return /^ina3221x?$/.test(chip.name) && channels.some(({ label }) => railOf(label) !== undefined)
}

/** The sensors of a Jetson's rails. The module's input contains all others; without one they are beside each other. */
export function jetsonSensors(chips: readonly PowerChip[]): Found {
  const rails = chips.flatMap(({ chip, channels }) => channels.map((channel) => ({ chip, channel })))
  const labels = rails.map(({ channel }) => channel.label ?? '')
  const input = labels.find((label) => railOf(label)?.[0] === 'module')
  const sensors = rails.flatMap(({ chip, channel }, index): Sensor[] => {
    const { label = '' } = channel
    const rail = railOf(label)
    if (!rail || labels.indexOf(label) !== index) return []
    const outer = label === input ? undefined : (input ?? labels.find((other) => other === WITHIN[label]))
    return [
      channelSensor(chip, channel, {
        id: label,
        kind: rail[0],
        label: `Jetson ${rail[1]}`,
        ...(outer === undefined ? {} : { within: outer }),
      }),
    ]
  })
  const unknown = rails.filter(({ channel: { label } }) => label && label !== 'NC' && !railOf(label))
  return {
    sensors,
    notes: unknown.map(({ chip, channel: { name, label } }) =>
      leftOut(`${chip.id}: what the rail '${label}' feeds is not known`, `${chip.id}/${name}`),
    ),
  }
}
