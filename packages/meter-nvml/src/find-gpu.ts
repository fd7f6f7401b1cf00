import type { NvmlBinding, NvmlDevice } from '@ergometer/node-nvml'
import { codeOf } from './nvml-trouble.ts'

const FUNCTION_NOT_FOUND = 13

/** A GPU by its UUID, one by one where the library cannot look for it. Throws as NVML does. */
export function findGpu(nvml: NvmlBinding, uuid: string): NvmlDevice {
  try {
    return nvml.deviceByUuid(uuid)
  } catch (error) {
    if (codeOf(error) !== FUNCTION_NOT_FOUND) throw error
  }
  let failure: unknown = new Error(`${uuid} is not there`)
  for (let index = 0; index < nvml.deviceCount(); index++) {
    try {
      const device = nvml.deviceByIndex(index)
      if (device.uuid() === uuid) return device
    } catch (error) {
      // One that is lost may be the very one.
      failure = error
    }
  }
  throw failure
}
