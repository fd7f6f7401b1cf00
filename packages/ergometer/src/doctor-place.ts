import { realContext } from '@ergometer/meter'
import type { PlaceFinding } from '@ergometer/report'
import { findRunPlace } from './find-run-place.ts'
import { withPlace } from './place-factors.ts'

/** Where this machine is, and what follows from it where nothing else is given; undefined where it is no cloud's. */
export async function placeFinding(): Promise<PlaceFinding | undefined> {
  const said: string[] = []
  const finding = findRunPlace({ ...realContext(), log: (message) => said.push(message) })
  if (!finding) return undefined
  const found = await finding
  const why = said.length > 0 ? { why: said.join('; ') } : {}
  if (!found) return { ...why, means: [] }
  const { cpu, processors } = found.model
  const watts =
    cpu && processors
      ? [
          `${Number(cpu.idleWatts.toPrecision(4))} to ${Number(cpu.peakWatts.toPrecision(4))} W for its CPUs (${cpu.source})`,
        ]
      : []
  return { ...found.place, ...why, means: [...withPlace({}, found.place).fromPlace, ...watts] }
}
