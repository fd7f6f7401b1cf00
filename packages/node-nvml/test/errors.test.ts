import { afterEach, describe, expect, test } from 'vitest'
import { CALLS, type CallName } from '../src/call-table.ts'
import { type NvmlBinding, type NvmlDevice, NvmlError, nvmlErrorName, openNvml } from '../src/index.ts'
import { describeSimulated } from './describe-simulated.ts'
import { SimulatedNvml } from './simulated-nvml.ts'

const NAMES: Record<number, string> = {
  1: 'UNINITIALIZED',
  2: 'INVALID_ARGUMENT',
  3: 'NOT_SUPPORTED',
  4: 'NO_PERMISSION',
  5: 'ALREADY_INITIALIZED',
  6: 'NOT_FOUND',
  7: 'INSUFFICIENT_SIZE',
  8: 'INSUFFICIENT_POWER',
  9: 'DRIVER_NOT_LOADED',
  10: 'TIMEOUT',
  11: 'IRQ_ISSUE',
  12: 'LIBRARY_NOT_FOUND',
  13: 'FUNCTION_NOT_FOUND',
  14: 'CORRUPTED_INFOROM',
  15: 'GPU_IS_LOST',
  16: 'RESET_REQUIRED',
  17: 'OPERATING_SYSTEM',
  18: 'LIB_RM_VERSION_MISMATCH',
  19: 'IN_USE',
  20: 'MEMORY',
  21: 'NO_DATA',
  22: 'VGPU_ECC_NOT_SUPPORTED',
  23: 'INSUFFICIENT_RESOURCES',
  24: 'FREQ_NOT_SUPPORTED',
  25: 'ARGUMENT_VERSION_MISMATCH',
  26: 'DEPRECATED',
  27: 'NOT_READY',
  28: 'GPU_NOT_FOUND',
  29: 'INVALID_STATE',
  30: 'RESET_TYPE_NOT_SUPPORTED',
  31: 'CODE_31',
  999: 'UNKNOWN',
}

let world: SimulatedNvml
let nvml: NvmlBinding | undefined
afterEach(() => {
  nvml?.shutdown()
  world?.[Symbol.dispose]()
})

/** A GPU in MIG mode, and one that is whole. */
async function start(without: readonly CallName[] = []): Promise<NvmlBinding> {
  const instances = [{ uuid: 'MIG-a', gpuInstance: 1, slices: 1 }]
  world = new SimulatedNvml([{ maxMig: 7, migEnabled: true, instances }, { maxMig: 7 }], { without })
  nvml = await openNvml({ library: world.library, env: {} })
  return nvml
}

type Use = (nvml: NvmlBinding, gpu: NvmlDevice, mig: NvmlDevice) => unknown

/** What calls each function. Those that only stand in for a newer one are tested where that one is missing. */
const USES: Partial<Record<CallName, Use>> = {
  nvmlInit_v2: (nvml) => nvml.init(),
  nvmlSystemGetDriverVersion: (nvml) => nvml.driverVersion(),
  nvmlSystemGetNVMLVersion: (nvml) => nvml.nvmlVersion(),
  nvmlDeviceGetCount_v2: (nvml) => nvml.deviceCount(),
  nvmlDeviceGetHandleByIndex_v2: (nvml) => nvml.deviceByIndex(0),
  nvmlDeviceGetHandleByUUID: (nvml) => nvml.deviceByUuid('MIG-a'),
  nvmlDeviceGetHandleByPciBusId_v2: (nvml) => nvml.deviceByPciBusId('0:3b:0'),
  nvmlDeviceGetName: (_, gpu) => gpu.name(),
  nvmlDeviceGetUUID: (_, gpu) => gpu.uuid(),
  nvmlDeviceGetPciInfo_v3: (_, gpu) => gpu.pciInfo(),
  nvmlDeviceGetArchitecture: (_, gpu) => gpu.architecture(),
  nvmlDeviceGetVirtualizationMode: (_, gpu) => gpu.virtualisationMode(),
  nvmlDeviceGetTotalEnergyConsumption: (_, gpu) => gpu.energyMillijoules(),
  nvmlDeviceGetPowerUsage: (_, gpu) => gpu.powerMilliwatts(),
  nvmlDeviceGetFieldValues: (_, gpu) => gpu.fieldValues([{ field: 83 }]),
  nvmlDeviceGetPowerManagementLimit: (_, gpu) => gpu.powerLimitMilliwatts(),
  nvmlDeviceGetPowerManagementDefaultLimit: (_, gpu) => gpu.defaultPowerLimitMilliwatts(),
  nvmlDeviceGetEnforcedPowerLimit: (_, gpu) => gpu.enforcedPowerLimitMilliwatts(),
  nvmlDeviceGetPowerManagementLimitConstraints: (_, gpu) => gpu.powerLimitRange(),
  nvmlDeviceGetUtilizationRates: (_, gpu) => gpu.utilisation(),
  nvmlDeviceGetMemoryInfo_v2: (_, gpu) => gpu.memory(),
  nvmlDeviceGetTemperature: (_, gpu) => gpu.temperatureCelsius(),
  nvmlDeviceGetClockInfo: (_, gpu) => gpu.clockMegahertz('sm'),
  nvmlDeviceGetCurrentClocksEventReasons: (_, gpu) => gpu.throttleReasons(),
  nvmlDeviceGetComputeRunningProcesses_v3: (_, gpu) => gpu.computeProcesses(),
  nvmlDeviceGetProcessUtilization: (_, gpu) => gpu.processUtilisation(),
  nvmlDeviceGetMigMode: (_, gpu) => gpu.migMode(),
  nvmlDeviceGetMaxMigDeviceCount: (_, gpu) => gpu.maxMigDevices(),
  nvmlDeviceGetMigDeviceHandleByIndex: (_, gpu) => gpu.migDevice(0),
  nvmlDeviceGetDeviceHandleFromMigDeviceHandle: (_, __, mig) => mig.parent(),
  nvmlDeviceGetGpuInstanceId: (_, __, mig) => mig.gpuInstanceId(),
  nvmlDeviceGetComputeInstanceId: (_, __, mig) => mig.computeInstanceId(),
  nvmlDeviceGetAttributes_v2: (_, __, mig) => mig.migAttributes(),
}
/** Each of them is called only where a newer call is missing, or at the end. */
const OTHERS: readonly CallName[] = [
  'nvmlShutdown',
  'nvmlDeviceGetMemoryInfo',
  'nvmlDeviceGetCurrentClocksThrottleReasons',
  'nvmlDeviceGetComputeRunningProcesses',
  'nvmlDeviceGetComputeRunningProcesses_v2',
]
const uses = Object.entries(USES) as [CallName, Use][]

function errorOf(use: () => unknown): NvmlError {
  try {
    use()
  } catch (error) {
    if (NvmlError.isInstance(error)) return error
    throw error
  }
  throw new Error('it succeeded')
}

describe('an NvmlError', () => {
  test.each(Object.entries(NAMES))('%s is %s', (code, name) => {
    const error = new NvmlError(Number(code), 'nvmlDeviceGetPowerUsage', { of: 'GPU 3' })
    expect(error).toMatchObject({ code: Number(code), name, function: 'nvmlDeviceGetPowerUsage' })
    expect(error).toBeInstanceOf(Error)
    expect(error.message).toMatch(
      new RegExp(`^nvmlDeviceGetPowerUsage of GPU 3: .+ \\(NVML_ERROR_${name}, ${code}\\)$`),
    )
    expect(error.message).not.toContain('\n')
    expect(nvmlErrorName(Number(code))).toBe(name)
  })

  test('shows its name where it is printed, and is known in any copy of the package', () => {
    const error = new NvmlError(15, 'nvmlInit_v2')
    expect(String(error)).toBe(
      'GPU_IS_LOST: nvmlInit_v2: the GPU has fallen off the bus or is otherwise out of reach (NVML_ERROR_GPU_IS_LOST, 15)',
    )
    expect(NvmlError.isInstance(error)).toBe(true)
    expect(NvmlError.isInstance(new Error('x'))).toBe(false)
    expect(NvmlError.isInstance({ [Symbol.for('ergometer.NvmlError')]: true })).toBe(true)
  })
})

describeSimulated('a call that NVML does not answer with success', () => {
  test('every function is tested here', () => {
    expect([...uses.map(([call]) => call), ...OTHERS].sort()).toEqual(Object.keys(CALLS).sort())
  })

  test.each(uses)('%s throws its code and its name', async (call, use) => {
    const nvml = await start()
    const [gpu, mig] = [nvml.deviceByIndex(1), nvml.deviceByIndex(0).migDevice(0)]
    const subject = call === 'nvmlDeviceGetMigDeviceHandleByIndex' ? nvml.deviceByIndex(0) : gpu
    for (const code of [1, 4, 9, 15, 16, 17, 18, 20, 21, 27, 28, 999, 31]) {
      world.fail(call, code)
      expect(errorOf(() => use(nvml, subject, mig))).toMatchObject({
        code,
        name: NAMES[code],
        function: call,
      })
    }
    world.heal()
    use(nvml, subject, mig)
  })

  test('nvmlShutdown throws too, but not where NVML has forgotten us', async () => {
    const nvml = await start()
    world.fail('nvmlShutdown', 999)
    expect(errorOf(() => nvml.shutdown())).toMatchObject({ code: 999, function: 'nvmlShutdown' })
    world.fail('nvmlShutdown', 1)
    nvml.init()
    nvml.shutdown()
  })

  test('names the device', async () => {
    const nvml = await start()
    const [whole, divided] = [nvml.deviceByIndex(1), nvml.deviceByIndex(0)]
    world.fail('nvmlDeviceGetUUID', 15)
    const messages = [
      whole,
      divided.migDevice(0),
      nvml.deviceByUuid('MIG-a'),
      nvml.deviceByUuid('MIG-a').parent(),
    ]
    expect(messages.map((device) => errorOf(() => device.uuid()).message.split(':')[0])).toEqual([
      'nvmlDeviceGetUUID of GPU 1',
      'nvmlDeviceGetUUID of MIG 0 of GPU 0',
      'nvmlDeviceGetUUID of MIG-a',
      'nvmlDeviceGetUUID of GPU of MIG-a',
    ])
    expect(errorOf(() => nvml.deviceByUuid('GPU-x')).message).toMatch(/^nvmlDeviceGetHandleByUUID of GPU-x: /)
  })

  test('one device fails alone', async () => {
    const nvml = await start()
    const [first, second] = [nvml.deviceByIndex(0), nvml.deviceByIndex(1)]
    world.fail('nvmlDeviceGetPowerUsage', 16, world.gpus[0])
    expect(errorOf(() => first.powerMilliwatts()).code).toBe(16)
    expect(second.powerMilliwatts()).toBe(300_000)
    world.gpus[0]?.set({ lost: 15 })
    expect(errorOf(() => first.energyMillijoules()).code).toBe(15)
    expect(errorOf(() => nvml.deviceByIndex(0)).code).toBe(15)
    expect(second.energyMillijoules()).toBeGreaterThan(0n)
    expect(nvml.deviceCount()).toBe(2)
  })
})

describeSimulated('a library that lacks a function', () => {
  test('fails with code 13 for that call, and works otherwise', async () => {
    const without = ['nvmlDeviceGetPowerUsage', 'nvmlDeviceGetFieldValues', 'nvmlDeviceGetMigMode'] as const
    const nvml = await start(without)
    const gpu = nvml.deviceByIndex(1)
    for (const call of without) {
      const error = errorOf(() => USES[call]?.(nvml, gpu, gpu))
      expect(error).toMatchObject({ code: 13, name: 'FUNCTION_NOT_FOUND', function: call })
      expect(error.message).toMatch(
        /^nvml\w+ of GPU 1: this version of NVIDIA's library has no such function \(.*\)$/,
      )
    }
    expect(gpu.energyMillijoules()).toBeGreaterThan(0n)
  })

  test('without an init it cannot be opened', async () => {
    world = new SimulatedNvml([{}], { without: ['nvmlInit_v2'] })
    nvml = undefined
    await expect(openNvml({ library: world.library })).rejects.toMatchObject({
      code: 13,
      function: 'nvmlInit_v2',
    })
  })
})
