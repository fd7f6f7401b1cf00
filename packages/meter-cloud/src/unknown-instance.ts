import type { MeterContext } from '@ergometer/meter'
import type { InstanceModel } from './instance-model.ts'

/** Says how well an instance type is known, if less than well. */
export function sayHowKnown(
  { known, cpu }: InstanceModel,
  instanceType: string | undefined,
  log: MeterContext['log'],
): void {
  if (known === 'type' && cpu !== undefined) return
  const which = instanceType === undefined ? 'no "instanceType" is given' : `no figures of ${instanceType}`
  const instead =
    cpu === undefined
      ? 'the power of its CPU is unknown'
      : `its power is modelled by ${known === 'family' ? 'its family' : "the provider's average"}`
  log(`${which}: ${instead}`, { severity: 'warning', code: 'instance-type-unknown' })
}
