import { FIELD, type NvmlDevice, NvmlError, SCOPE } from '@ergometer/node-nvml'
import type { Gpu } from './gpu.ts'

/** A way to read a GPU: the ladder has the best first. */
export interface Rung {
  readonly name: 'energy-counter' | 'energy-field' | 'instant-power' | 'average-power' | 'power-usage'
  readonly quantity: 'energy' | 'power'
  /** The value now, in mJ or mW. Throws an `NvmlError`; an Error for a power that is none. */
  read(device: NvmlDevice): number
}

/** A value of a rung, and when it was read: monotonic seconds. */
export interface TimedValue {
  readonly time: number
  readonly value: number
}

/** A rung that was seen to work, and what it showed before anybody asked. */
export interface FoundRung {
  readonly rung: Rung
  readonly early: readonly TimedValue[]
}

/** Counters of energy, the best first. Fields are there where the call is not, and the other way round. */
export const COUNTERS: readonly Rung[] = [
  { name: 'energy-counter', quantity: 'energy', read: (device) => Number(device.energyMillijoules()) },
  fieldRung('energy-field', 'energy', FIELD.totalEnergy),
  fieldRung('energy-field', 'energy', FIELD.energy),
]

/** Power, the best first. */
export const INSTANT_POWER: Rung = fieldRung('instant-power', 'power', FIELD.instantPower)
export const AVERAGE_POWER: Rung = fieldRung('average-power', 'power', FIELD.averagePower)
export const POWER_USAGE: Rung = {
  name: 'power-usage',
  quantity: 'power',
  read: (device) => positive(device.powerMilliwatts()),
}
export const POWERS: readonly Rung[] = [INSTANT_POWER, AVERAGE_POWER, POWER_USAGE]

/** The same of the superchip that a GPU is part of. */
export const MODULE_INSTANT_POWER: Rung = fieldRung(
  'instant-power',
  'power',
  FIELD.instantPower,
  SCOPE.module,
)
export const MODULE_AVERAGE_POWER: Rung = fieldRung(
  'average-power',
  'power',
  FIELD.averagePower,
  SCOPE.module,
)

function fieldRung(
  name: Rung['name'],
  quantity: Rung['quantity'],
  field: number,
  scope: number = SCOPE.gpu,
): Rung {
  const requests = [{ field, scope }]
  return {
    name,
    quantity,
    read(device) {
      const [answer] = device.fieldValues(requests)
      const { code = 0, value } = answer ?? {}
      if (value === undefined)
        throw new NvmlError(code, 'nvmlDeviceGetFieldValues', { of: `${device.label}, field ${field}` })
      return quantity === 'power' ? positive(Number(value)) : Number(value)
    },
  }
}

/** A board that is switched on draws something: 0 mW is what drivers say when they do not know. */
function positive(milliwatts: number): number {
  if (milliwatts > 0) return milliwatts
  throw new Error(`a power of ${milliwatts} mW is no reading`)
}

/** Seconds over which a power is averaged, before the reading; undefined: momentary. */
export function averagedOver({ name }: Rung, gpu: Gpu): number | undefined {
  return name === 'average-power' || (name === 'power-usage' && gpu.averagesPower) ? 1 : undefined
}
