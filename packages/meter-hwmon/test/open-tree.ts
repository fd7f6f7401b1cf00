import { definitionOf, type EnergyMeter, parseOptions, realContext } from '@ergometer/meter'
import hwmon from '../src/index.ts'
import type { HwmonTree } from './hwmon-tree.ts'

/** A line that the meter has to say. */
export interface Said {
  readonly message: string
  readonly severity?: string | undefined
  readonly code?: string | undefined
  readonly domain?: string | undefined
}

/** Opens the meter in a tree's world; `said`: what it has to say of it. */
export async function openTree(
  tree: HwmonTree,
  options?: object,
): Promise<{ meter: EnergyMeter; said: Said[] }> {
  const said: Said[] = []
  const definition = definitionOf(hwmon)
  const context = realContext({
    sysRoot: tree.sysRoot,
    clock: () => tree.seconds,
    log: (message, details) => said.push({ message, ...details }),
  })
  const meter = await definition.open(await parseOptions(definition, options), context)
  return { meter, said }
}

/** Whether the meter says that it can work in a tree's world. */
export async function probeTree(tree: Pick<HwmonTree, 'sysRoot'>, options?: object): Promise<unknown> {
  const definition = definitionOf(hwmon)
  return definition.probe?.(await parseOptions(definition, options), realContext({ sysRoot: tree.sysRoot }))
}

/** Reads a meter once: values by domain id, and what it threw. */
export async function readOnce(
  meter: EnergyMeter,
): Promise<{ values: Record<string, number>; error?: unknown }> {
  const values: Record<string, number> = {}
  const record = Object.assign(
    (index: number, value: number) => {
      values[meter.domains[index]?.id ?? ''] = value
    },
    { gauge: () => {}, share: () => {}, restart: () => {}, uncertainty: () => {} },
  )
  try {
    await meter.read(record, new AbortController().signal)
    return { values }
  } catch (error) {
    return { values, error }
  }
}
