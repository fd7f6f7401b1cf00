import { afterEach, expect, test } from 'vitest'
import { prepareProcesses, readProcesses } from '../src/gpu-process.ts'
import { type NvmlBinding, type NvmlDevice, openNvml } from '../src/index.ts'
import { describeSimulated } from './describe-simulated.ts'
import { type GpuSettings, SimulatedNvml } from './simulated-nvml.ts'

let world: SimulatedNvml | undefined
let nvml: NvmlBinding | undefined
afterEach(() => {
  nvml?.shutdown()
  world?.[Symbol.dispose]()
})

async function start(
  gpu: Partial<GpuSettings>,
  options?: ConstructorParameters<typeof SimulatedNvml>[1],
): Promise<NvmlDevice> {
  world = new SimulatedNvml([gpu], options)
  nvml = await openNvml({ library: world.library, env: {} })
  return nvml.deviceByIndex(0)
}

const V2 = 'nvmlDeviceGetComputeRunningProcesses_v2'
const V3 = 'nvmlDeviceGetComputeRunningProcesses_v3'

describeSimulated('compute processes', () => {
  const processes = [
    { pid: 4711, bytes: 3n * 2n ** 30n, gpuInstance: 2, computeInstance: 0 },
    { pid: 4_194_304, bytes: 2n ** 64n - 1n },
  ]
  const expected = [
    { pid: 4711, usedBytes: 3 * 2 ** 30, gpuInstanceId: 2, computeInstanceId: 0 },
    { pid: 4_194_304 },
  ]

  test('with their memory and their MIG instance, where there is one', async () => {
    const gpu = await start({ processes })
    expect(gpu.computeProcesses()).toEqual(expected)
    world?.gpu.set({ processes: [] })
    expect(gpu.computeProcesses()).toEqual([])
  })

  test('of a driver that knows only the call before', async () => {
    const gpu = await start({ processes }, { without: [V3] })
    expect(gpu.computeProcesses()).toEqual(expected)
  })

  test('of a driver that knows only the first call: no instances', async () => {
    const gpu = await start({ processes }, { without: [V3, V2] })
    expect(gpu.computeProcesses()).toEqual([{ pid: 4711, usedBytes: 3 * 2 ** 30 }, { pid: 4_194_304 }])
  })

  test('of a driver that knows none', async () => {
    const gpu = await start({ processes }, { without: [V3, V2, 'nvmlDeviceGetComputeRunningProcesses'] })
    expect(() => gpu.computeProcesses()).toThrow(expect.objectContaining({ code: 13, function: V3 }))
  })

  // Drivers 535.43 to 535.86 write 32 bytes each, some write the 16 of the first version.
  test.each([16, 24, 32])('written by a driver in %i bytes each', async (processBytes) => {
    const many = Array.from({ length: 5 }, (_, index) => ({ pid: 100 + index, bytes: BigInt(index) }))
    const gpu = await start({ processes: many })
    world?.set({ processBytes })
    const found = gpu.computeProcesses()
    expect(found.map(({ pid }) => pid)).toEqual([100, 101, 102, 103, 104])
    expect(found.map(({ usedBytes }) => usedBytes)).toEqual([0, 1, 2, 3, 4])
  })

  test('more than expected', async () => {
    const many = Array.from({ length: 200 }, (_, index) => ({ pid: index + 1 }))
    const gpu = await start({ processes: many })
    expect(gpu.computeProcesses().map(({ pid }) => pid)).toEqual(many.map(({ pid }) => pid))
  })

  test('a driver that never has enough room is an error, and no endless loop', async () => {
    const gpu = await start({ processes })
    world?.fail(V3, 7)
    expect(() => gpu.computeProcesses()).toThrow(expect.objectContaining({ code: 7, function: V3 }))
  })
})

test('what a driver leaves out of a process is absent', () => {
  const view = new DataView(new ArrayBuffer(96))
  prepareProcesses(view)
  for (const index of [0, 1]) view.setUint32(24 * index, 7 + index, true)
  view.setBigUint64(24 + 8, 5n, true)
  expect(readProcesses(view, 2)).toEqual([{ pid: 7 }, { pid: 8, usedBytes: 5 }])
})

describeSimulated('utilisation by process', () => {
  const samples = [
    { pid: 10, microseconds: 1_700_000_000_000_000n, sm: 40, memory: 20, encoder: 1, decoder: 2 },
    { pid: 11, microseconds: 1_700_000_000_500_000n, sm: 50 },
  ]

  test('is what came after the time that is given', async () => {
    const gpu = await start({ samples })
    const [first, second] = [
      {
        pid: 10,
        timeMicroseconds: 1_700_000_000_000_000n,
        smPercent: 40,
        memoryPercent: 20,
        encoderPercent: 1,
        decoderPercent: 2,
      },
      {
        pid: 11,
        timeMicroseconds: 1_700_000_000_500_000n,
        smPercent: 50,
        memoryPercent: 0,
        encoderPercent: 0,
        decoderPercent: 0,
      },
    ]
    expect(gpu.processUtilisation()).toEqual([first, second])
    expect(gpu.processUtilisation(1_700_000_000_000_000n)).toEqual([second])
    expect(gpu.processUtilisation(1_700_000_000_500_000n)).toEqual([])
  })

  test('nobody is no error', async () => {
    const gpu = await start({})
    expect(gpu.processUtilisation()).toEqual([])
  })

  test('of many', async () => {
    const many = Array.from({ length: 250 }, (_, index) => ({ pid: index + 1, sm: 1 }))
    const gpu = await start({ samples: many })
    expect(gpu.processUtilisation()).toHaveLength(250)
  })

  test('since no time that there is', async () => {
    const gpu = await start({ samples })
    expect(() => gpu.processUtilisation(-1n)).toThrow(expect.objectContaining({ code: 2 }))
  })
})
