import { join } from 'node:path'
import type { PowerChip } from './channel.ts'
import { chipText, type HwmonChip } from './hwmon-chip.ts'
import { channelSensor, type Placed, type Sensor } from './sensor.ts'
import { readText } from './sysfs-file.ts'

const AMD = 'amdgpu'
const NOUVEAU = 'nouveau'
const INTEL = /^(?:i915|xe)$/
/** One tile of a GPU that i915 shows as a whole as well. */
const TILE = /^i915_gt(\d+)$/
/** PCI device of the MI300A, whose one sensor covers CPU cores, GPU and memory. */
const MI300A = '0x74a0'

/** True for chips that are a GPU's. */
export function isGpu({ chip: { name } }: PowerChip): boolean {
  return name === AMD || name === NOUVEAU || INTEL.test(name) || TILE.test(name)
}

/** The sensors of GPUs. */
export function gpuSensors(chips: readonly PowerChip[]): Sensor[] {
  return chips.flatMap((one) => {
    const { name } = one.chip
    if (INTEL.test(name)) return intelSensors(one)
    if (TILE.test(name)) return tileSensors(one, chips)
    const placed = name === AMD ? placeAmd(one.chip) : place(one.chip, 'NVIDIA GPU')
    // A second channel (fastPPT) is the first one's power, averaged otherwise.
    return one.channels.slice(0, 1).map((channel) => channelSensor(one.chip, channel, placed))
  })
}

function place(chip: HwmonChip, what: string): Placed {
  return {
    id: chip.id,
    kind: 'gpu',
    label: chip.pci === undefined ? what : `${what} ${chip.pci}`,
    ...(chip.pci === undefined ? {} : { identity: `pci:${chip.pci}` }),
  }
}

function placeAmd(chip: HwmonChip): Placed {
  const placed = place(chip, 'AMD GPU')
  if (isApu(chip)) {
    // Its power is the package's: that which RAPL counts as package 0. There is no APU with two sockets.
    return { ...placed, kind: 'cpu', label: 'AMD APU (CPU and graphics)', identity: 'cpu:package-0' }
  }
  if (chip.device !== undefined && readText(join(chip.device, 'device')) === MI300A) {
    return { ...placed, kind: 'module', label: placed.label.replace('GPU', 'MI300A') }
  }
  return placed
}

/**
 * Only APUs show the voltage of a northbridge, and only theirs are limits that are slow and fast (amdgpu_pm.c,
 * hwmon_attributes_visible). Memory of their own tells nothing: it is carved out of the host's, and may be large.
 */
function isApu(chip: HwmonChip): boolean {
  return (
    chipText(chip, 'in1_label') === 'vddnb' || /^(?:slow|fast)PPT$/.test(chipText(chip, 'power1_label') ?? '')
  )
}

/** The card, or if it does not tell of itself its package; what else there is lies inside. */
function intelSensors({ chip, channels }: PowerChip): Sensor[] {
  const card = channels.find(({ label }) => label === 'card') ?? channels[0]
  const whole = place(chip, 'Intel GPU')
  return channels.map((channel) =>
    channel === card
      ? channelSensor(chip, channel, whole)
      : channelSensor(chip, channel, {
          id: `${chip.id}/${channel.label ?? channel.name}`,
          kind: 'gpu',
          label: `${whole.label}, ${channel.label === 'pkg' ? 'package' : (channel.label ?? channel.name)}`,
          within: whole.id,
        }),
  )
}

function tileSensors({ chip, channels }: PowerChip, chips: readonly PowerChip[]): Sensor[] {
  const card = chips.find((other) => INTEL.test(other.chip.name) && other.chip.device === chip.device)
  const label = `Intel GPU ${chip.pci ?? ''}, tile ${TILE.exec(chip.name)?.[1]}`
  return channels.slice(0, 1).map((channel) =>
    channelSensor(chip, channel, {
      id: chip.id,
      kind: 'gpu',
      label,
      ...(card && card.channels.length > 0 ? { within: card.chip.id } : {}),
    }),
  )
}
