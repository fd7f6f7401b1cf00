/** A voltage and the current that flows at it, by the numbers of their channels: `in1` and `curr1`. */
export interface ChannelPair {
  readonly voltage: number
  readonly current: number
}

/** Channels of one kind: their numbers, and what the driver calls them. */
export type Labels = ReadonlyMap<number, string | undefined>

const FIRST: readonly (readonly [number, number])[] = [[1, 1]]
const sameUpTo = (last: number) => Array.from({ length: last }, (_, at) => [at + 1, at + 1] as const)

/**
 * Pairs of chips where equal numbers would pair a shunt, an auxiliary input or a sum with a current, as kernel
 * drivers number them (https://docs.kernel.org/hwmon/, a page for each chip).
 */
const PAIRS: Readonly<Record<string, readonly (readonly [voltage: number, current: number])[]>> = {
  ...Object.fromEntries(
    [
      ...['ina209', 'ina219', 'ina226', 'ina233', 'ina238', 'ina260'],
      ...['adm1275', 'adm1276', 'adm1278', 'adm1293'],
      ...['ltc2945', 'ltc4260', 'ltc4261', 'ltc4282', 'mp2975'],
    ].map((chip) => [chip, FIRST]),
  ),
  ina3221: sameUpTo(3),
  ltc2947: [[0, 1]],
  ltc2992: [
    [0, 1],
    [2, 2],
  ],
  // in1 is the input, curr1 flows out.
  max20730: [[2, 1]],
  max20751: [[2, 1]],
  max34440: sameUpTo(6),
}

/**
 * Which currents flow at which voltages: those of equal label, else those that are known of the chip, else those of
 * equal number. No channel is in two pairs.
 */
export function pairChannels(chip: string, voltages: Labels, currents: Labels): ChannelPair[] {
  const pairs: ChannelPair[] = []
  const free = (voltage: number, current: number): boolean =>
    voltages.has(voltage) &&
    currents.has(current) &&
    !pairs.some((pair) => pair.voltage === voltage || pair.current === current)
  const add = (voltage: number, current: number): void => {
    if (free(voltage, current)) pairs.push({ voltage, current })
  }
  for (const [voltage, label] of voltages) {
    if (label === undefined) continue
    for (const [current, other] of currents) if (label === other) add(voltage, current)
  }
  const known = PAIRS[chip.replace(/^ina3221x$/, 'ina3221')]
  if (known) for (const [voltage, current] of known) add(voltage, current)
  else for (const number of voltages.keys()) add(number, number)
  return pairs.sort((a, b) => a.voltage - b.voltage)
}
