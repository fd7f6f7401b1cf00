import { join } from 'node:path'
import type { Reads } from '@ergometer/meter'
import { pairChannels } from './channel-pairs.ts'
import { chipText, type HwmonChip, isAsleep } from './hwmon-chip.ts'
import { isReadable, readNumber } from './sysfs-file.ts'

/** One thing whose energy or power a chip tells. */
export interface Channel {
  /** `energy1`, `power1`, or `in1` for the product of a voltage and its current. */
  readonly name: string
  /** What the driver calls it. */
  readonly label?: string
  /** The files that it is read from, by name. */
  readonly files: readonly string[]
  readonly reads: Reads
  /** What it shows now, in what it `reads`; undefined: that it does not know. Throws MeterError. */
  read(): Promise<number | undefined>
}

/** A chip with what it tells of power. */
export interface PowerChip {
  readonly chip: HwmonChip
  /** Its channels of the best kind that can be read: energy before power before voltage and current. */
  readonly channels: readonly Channel[]
  /** Paths of better ones, or of all, that this user may not read. */
  readonly denied: readonly string[]
}

const JOULES_PER_MICROJOULE = 1e-6
const WATTS_PER_MICROWATT = 1e-6
/** Milliwatts with all bits set: "unknown" (ACPI 6.0, 10.4.3). Some kernels pass it on, in microwatts: 4.29 MW. */
const UNKNOWN_MICROWATTS = 0xffffffff * 1000
/** No firmware averages for longer, in seconds: 4294967 s are milliseconds with all bits set. */
const LONGEST_AVERAGE = 3600

/** Finds what a chip tells of power. */
export async function findChannels(chip: HwmonChip): Promise<PowerChip> {
  const denied: string[] = []
  for (const tier of [energyChannels, powerChannels, productChannels]) {
    const channels = await tier(chip)
    const readable = channels.filter(({ files }) => {
      const closed = files.map((file) => join(chip.folder, file)).filter((path) => !isReadable(path))
      denied.push(...closed)
      return closed.length === 0
    })
    if (readable.length > 0) return { chip, channels: readable, denied }
  }
  return { chip, channels: [], denied }
}

function energyChannels(chip: HwmonChip): Channel[] {
  return numbersOf(chip, /^energy(\d+)_input$/).map((number) => {
    const file = `energy${number}_input`
    return {
      ...named(chip, `energy${number}`),
      files: [file],
      // hwmon tells no modulus: what falls was reset.
      reads: { quantity: 'energy', joulesPerCount: JOULES_PER_MICROJOULE },
      read: () => readNumber(join(chip.folder, file)),
    }
  })
}

async function powerChannels(chip: HwmonChip): Promise<Channel[]> {
  const numbers = numbersOf(chip, /^power(\d+)_(?:average|input)$/)
  return Promise.all(
    numbers.map(async (number) => {
      const [file, reads] = await powerFile(chip, `power${number}`)
      return {
        ...named(chip, `power${number}`),
        files: [file],
        reads,
        read: async () => {
          const microwatts = await readNumber(join(chip.folder, file))
          // What is switched on draws power: none, or less, means that the sensor does not know.
          const known = microwatts > 0 && microwatts !== UNKNOWN_MICROWATTS
          return known ? microwatts * WATTS_PER_MICROWATT : undefined
        },
      }
    }),
  )
}

/** The mean before the instant misses less of what lies between two reads. But drivers show means that they do not have. */
async function powerFile(chip: HwmonChip, name: string): Promise<[file: string, reads: Reads]> {
  const [average, input] = [`${name}_average`, `${name}_input`]
  const refused =
    chip.files.has(input) &&
    chip.files.has(average) &&
    !(await isAsleep(chip)) &&
    (await readNumber(join(chip.folder, average)).then(
      () => false,
      () => true,
    ))
  if (!chip.files.has(average) || refused) return [input, { quantity: 'power' }]
  const seconds = Number(chipText(chip, `${average}_interval`)) / 1000
  if (!(seconds > 0 && seconds <= LONGEST_AVERAGE)) return [average, { quantity: 'power' }]
  return [average, { quantity: 'power', averagedOver: seconds }]
}

function productChannels(chip: HwmonChip): Channel[] {
  const labels = (kind: string): Map<number, string | undefined> =>
    new Map(
      numbersOf(chip, new RegExp(`^${kind}(\\d+)_(?:average|input)$`)).map((number) => [
        number,
        chipText(chip, `${kind}${number}_label`),
      ]),
    )
  const currents = labels('curr')
  // Boards monitor dozens of voltages at which nothing is known to flow.
  if (currents.size === 0) return []
  return pairChannels(chip.name, labels('in'), currents).flatMap(({ voltage, current }) => {
    const both = (field: string) => [`in${voltage}_${field}`, `curr${current}_${field}`]
    const files = [both('average'), both('input')].find((pair) => pair.every((file) => chip.files.has(file)))
    if (!files) return []
    const [millivolts, milliamperes] = files.map((file) => join(chip.folder, file)) as [string, string]
    return [
      {
        ...named(chip, `in${voltage}`),
        files,
        reads: { quantity: 'power' as const },
        read: async () => {
          const microwatts = (await readNumber(millivolts)) * (await readNumber(milliamperes))
          // A rail may be off; one that gives power back is a sensor beside its zero.
          return microwatts >= 0 ? microwatts * WATTS_PER_MICROWATT : undefined
        },
      },
    ]
  })
}

function named(chip: HwmonChip, name: string): { name: string; label?: string } {
  const label = chipText(chip, `${name}_label`)
  return label === undefined ? { name } : { name, label }
}

/** The numbers of a chip's channels of a kind, in order, without those that are switched off. */
function numbersOf(chip: HwmonChip, pattern: RegExp): number[] {
  const numbers = [...chip.files].flatMap((file) => {
    const number = pattern.exec(file)?.[1]
    const enable = file.replace(/_.*/, '_enable')
    return number === undefined || chipText(chip, enable) === '0' ? [] : [Number(number)]
  })
  return [...new Set(numbers)].sort((a, b) => a - b)
}
