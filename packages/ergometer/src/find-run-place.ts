import type { RunPlace } from '@ergometer/core'
import type { InstanceModel } from '@ergometer/meter-cloud'
import { cloudOfMachine } from '@ergometer/meter-cloud/dmi'

/** Where a run is made, and the power model of its machine. */
export interface FoundPlace {
  readonly place: RunPlace
  readonly model: InstanceModel
}

/** What finding a place may touch, and whom it tells what goes wrong. */
export interface RunPlaceWorld {
  readonly sysRoot: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly log: (message: string, details: { severity: 'info' | 'warning'; code: string }) => void
}

/**
 * Finds out where this machine is. Undefined at once where its firmware bears no cloud's name: then nothing is loaded, and nothing sent.
 * Else it settles within half a second, and never rejects.
 */
export function findRunPlace({
  sysRoot,
  env,
  log,
}: RunPlaceWorld): Promise<FoundPlace | undefined> | undefined {
  const cloud = cloudOfMachine(sysRoot)
  return cloud && look()

  async function look(): Promise<FoundPlace | undefined> {
    try {
      const { findPlace, instanceModel } = await import('@ergometer/meter-cloud')
      const found = await findPlace({
        sysRoot,
        env,
        log: (message) =>
          log(`${message}; say where with --zone and --pue`, { severity: 'warning', code: 'place-unknown' }),
      })
      if (!found) return undefined
      // A name of the machine that is of no use to a report.
      const { resourceId: _resourceId, ...place } = found
      const model = instanceModel(place.provider, place.instanceType)
      if (model.known !== 'type')
        log(unknownInstance(place, model), { severity: 'info', code: 'instance-unknown' })
      return { place, model }
    } catch (error) {
      log(`where this machine is could not be found out: ${(error as Error).message}`, {
        severity: 'warning',
        code: 'place-unknown',
      })
      return undefined
    }
  }
}

function unknownInstance({ instanceType }: RunPlace, { known, processors }: InstanceModel): string {
  const type =
    instanceType === undefined
      ? 'the instance type is not told'
      : `instance type '${instanceType}' is not in the table`
  const instead =
    known === 'family' && processors
      ? 'the figures of its family are used'
      : "an estimate goes by the CPU's name"
  return `${type}: ${instead}`
}
