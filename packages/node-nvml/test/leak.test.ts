import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { FIELD, openNvml } from '../src/index.ts'
import { describeSimulated } from './describe-simulated.ts'
import { SimulatedNvml } from './simulated-nvml.ts'

const ROUNDS = 40_000
/** Of five calls each. Sixteen bytes that a call does not give back are 3.2 MB. */
const LIMIT = 3 * 1024 ** 2

setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')

/** Heap and buffers, and what the process has of the machine. */
function memory(): { readonly used: number; readonly resident: number } {
  collect()
  const { heapUsed, external, rss } = process.memoryUsage()
  return { used: heapUsed + external, resident: rss }
}

describeSimulated('200,000 calls', () => {
  test('leave nothing behind', { timeout: 60_000 }, async () => {
    using world = new SimulatedNvml([{ processes: [{ pid: 1 }], samples: [{ pid: 1 }] }])
    using nvml = await openNvml({ library: world.library })
    const gpu = nvml.deviceByIndex(0)
    let energy = 0n
    const round = () => {
      energy = gpu.energyMillijoules()
      gpu.fieldValues([{ field: FIELD.instantPower }, { field: FIELD.energy }])
      gpu.uuid()
      gpu.computeProcesses()
      gpu.processUtilisation()
    }
    for (let warm = 0; warm < ROUNDS / 4; warm++) round()
    const before = memory()
    for (let count = 0; count < ROUNDS; count++) round()
    const after = memory()
    expect(energy).toBeGreaterThan(0n)
    expect(after.used - before.used).toBeLessThan(LIMIT)
    expect(after.resident - before.resident).toBeLessThan(8 * LIMIT)
  })
})
