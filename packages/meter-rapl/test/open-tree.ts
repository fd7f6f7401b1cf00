import { definitionOf, type EnergyMeter, parseOptions, realContext } from '@ergometer/meter'
import rapl from '../src/index.ts'
import type { PowercapTree } from './powercap-tree.ts'

/** Opens the meter in a tree's world; `said`: what it has to say of it. */
export async function openTree(
  tree: PowercapTree,
  options?: object,
): Promise<{ meter: EnergyMeter; said: { message: string; code?: string | undefined }[] }> {
  const said: { message: string; code?: string | undefined }[] = []
  const definition = definitionOf(rapl)
  const context = realContext({
    sysRoot: tree.sysRoot,
    clock: () => tree.seconds,
    log: (message, details) => said.push({ message, code: details?.code }),
  })
  const meter = await definition.open(await parseOptions(definition, options), context)
  return { meter, said }
}
