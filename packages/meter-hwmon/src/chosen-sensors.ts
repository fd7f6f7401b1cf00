import type { Channel, PowerChip } from './channel.ts'
import type { HwmonChip } from './hwmon-chip.ts'
import { channelSensor, type Found, leftOut } from './sensor.ts'

/**
 * The sensors of chips of which only the user knows what they measure. `names`: a chip's name or id, with `/channel` where
 * it has several: they may contain each other, so none is taken unasked.
 */
export function chosenSensors(chips: readonly PowerChip[], names: readonly string[]): Found {
  const wanted = ({ chip }: PowerChip, channel?: Channel): boolean =>
    names.some((name) =>
      [chip.name, chip.id].some((own) => name === (channel ? `${own}/${channel.name}` : own)),
    )
  const chosen = chips.flatMap((one) =>
    one.channels
      .filter((channel) => wanted(one, channel) || (wanted(one) && one.channels.length === 1))
      .map((channel) => ({ chip: one.chip, channel })),
  )
  const ignored = chips.filter(
    ({ chip, channels }) => channels.length > 0 && !chosen.some((other) => other.chip === chip),
  )
  const found = names.filter((name) => chips.some(({ chip }) => isOf(name, chip)))
  return {
    sensors: chosen.map(({ chip, channel }) =>
      channelSensor(chip, channel, {
        id: `${chip.id}/${channel.name}`,
        kind: 'other',
        label: `${chip.name} ${channel.label ?? channel.name}`,
      }),
    ),
    notes: [
      ...ignored.map((one) => leftOut(explain(one, chips), one.chip.id)),
      ...names
        .filter((name) => !found.includes(name))
        .map((name) =>
          leftOut(
            `chips: '${name}' is no chip here that shows power and is not metered anyway`,
            name,
            'warning',
          ),
        ),
    ],
  }
}

function isOf(name: string, chip: HwmonChip): boolean {
  return [chip.name, chip.id].some((own) => name === own || name.startsWith(`${own}/`))
}

/** What a chip shows, and how to ask for it. `chips`: among which its name may be nobody else's. */
function explain({ chip, channels }: PowerChip, chips: readonly PowerChip[]): string {
  const all = channels.map(({ name, label }) => (label === undefined ? name : `${name} '${label}'`))
  const own = chips.filter((other) => other.chip.name === chip.name).length === 1 ? chip.name : chip.id
  const name = channels.length === 1 ? own : `${own}/${channels[0]?.name}`
  return `${chip.id} shows power (${all.join(', ')}), but not of what; if you know: --meter 'hwmon={"chips":["${name}"]}'`
}
