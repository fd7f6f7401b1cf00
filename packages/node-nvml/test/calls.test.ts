import { afterEach, expect, test } from 'vitest'
import { FIELD, type NvmlBinding, openNvml } from '../src/index.ts'
import { describeSimulated } from './describe-simulated.ts'
import { type GpuSettings, SimulatedNvml } from './simulated-nvml.ts'

const open: Disposable[] = []
afterEach(() => {
  for (const thing of open.splice(0).reverse()) thing[Symbol.dispose]()
})

type Options = ConstructorParameters<typeof SimulatedNvml>[1]

async function start(
  gpus?: readonly Partial<GpuSettings>[],
  options: Options = { clock: 100 },
): Promise<{ world: SimulatedNvml; nvml: NvmlBinding }> {
  const world = new SimulatedNvml(gpus, options)
  open.push(world)
  const nvml = await openNvml({ library: world.library, env: {} })
  open.push(nvml)
  return { world, nvml }
}

async function startGpu(gpu: Partial<GpuSettings> = {}, options?: Options) {
  const { world, nvml } = await start([gpu], options)
  return { world, gpu: nvml.deviceByIndex(0) }
}

describeSimulated('the library', () => {
  test('tells its versions, where it is, and what its codes mean', async () => {
    const { world, nvml } = await start()
    expect(nvml.library).toBe(world.library)
    expect(nvml.driverVersion()).toBe('535.261.03')
    expect(nvml.nvmlVersion()).toBe('12.535.261.03')
    expect(nvml.errorString(15)).toBe('GPU is lost')
    world.set({ banner: true })
    expect(nvml.errorString(9)).toBe('WARNING:')
  })

  test('gives a text of its own where it has none for a code', async () => {
    const { nvml } = await start(undefined, { without: ['nvmlErrorString'] })
    expect(nvml.errorString(15)).toBe('GPU_IS_LOST')
  })
})

describeSimulated('devices', () => {
  test('are found by index, UUID and bus id', async () => {
    const { nvml } = await start([{ uuid: 'GPU-a' }, { uuid: 'GPU-b', pci: '00000001:AF:00.0' }])
    expect(nvml.deviceCount()).toBe(2)
    for (const gpu of [
      nvml.deviceByIndex(1),
      nvml.deviceByUuid('GPU-b'),
      nvml.deviceByPciBusId('0001:af:00.0'),
    ]) {
      expect(gpu.uuid()).toBe('GPU-b')
    }
    expect(nvml.deviceByIndex(0).label).toBe('GPU 0')
    expect(nvml.deviceByUuid('GPU-b').label).toBe('GPU-b')
  })

  test('that are not there are an error', async () => {
    const { nvml } = await start()
    const invalid = { code: 2, name: 'INVALID_ARGUMENT', function: 'nvmlDeviceGetHandleByIndex_v2' }
    expect(() => nvml.deviceByIndex(1)).toThrow(expect.objectContaining(invalid))
    for (const index of [-1, 0.5, Number.NaN, 2 ** 32, '0' as unknown as number])
      expect(() => nvml.deviceByIndex(index), String(index)).toThrow(expect.objectContaining(invalid))
    expect(() => nvml.deviceByUuid('GPU-x')).toThrow(
      expect.objectContaining({ code: 6, function: 'nvmlDeviceGetHandleByUUID' }),
    )
    expect(() => nvml.deviceByPciBusId('0000:00:00.0')).toThrow(
      expect.objectContaining({ code: 6, function: 'nvmlDeviceGetHandleByPciBusId_v2' }),
    )
  })

  test('say what they are', async () => {
    const { gpu } = await startGpu({ name: 'NVIDIA GH200 480GB', pci: '00000009:01:00.0', virtualisation: 1 })
    expect(gpu.name()).toBe('NVIDIA GH200 480GB')
    expect(gpu.architecture()).toEqual({ id: 9, name: 'Hopper' })
    expect(gpu.virtualisationMode()).toBe('passthrough')
    expect(gpu.pciInfo()).toEqual({
      busId: '00000009:01:00.0',
      domain: 9,
      bus: 1,
      device: 0,
      deviceId: 0x233010de,
      subsystemId: 0x16c110de,
    })
  })

  test('of a future that is not known yet say so', async () => {
    const { gpu } = await startGpu({ architecture: 0xffffffff, virtualisation: 9, throttle: 4096n })
    expect(gpu.architecture()).toEqual({ id: 0xffffffff })
    expect(gpu.virtualisationMode()).toBe('unknown')
    expect(gpu.throttleReasons()).toEqual(['bit-12'])
  })

  test('have names of any length and script', async () => {
    const name = `NVIDIA ${'é'.repeat(30)}`
    const { gpu } = await startGpu({ name, uuid: `GPU-${'f'.repeat(80)}` })
    expect(gpu.name()).toBe(name)
    expect(gpu.uuid()).toHaveLength(84)
    expect(gpu.name()).toBe(name)
  })

  test('keep what is theirs to themselves', async () => {
    const { gpu } = await startGpu()
    expect(Object.keys(gpu)).toEqual(['label'])
    expect(JSON.stringify(gpu)).toBe('{"label":"GPU 0"}')
  })
})

describeSimulated('energy and power', () => {
  test('energy is the exact counter, in mJ', async () => {
    const { world, gpu } = await startGpu({ watts: 350, startMillijoules: 2n ** 60n + 1n })
    expect(gpu.energyMillijoules()).toBe(2n ** 60n + 1n)
    world.advance(1.5)
    expect(gpu.energyMillijoules()).toBe(2n ** 60n + 1n + 525_000n)
    world.gpu.set({ watts: 50 })
    world.advance(2)
    expect(gpu.energyMillijoules()).toBe(2n ** 60n + 1n + 625_000n)
  })

  test('a counter takes steps', async () => {
    const { world, gpu } = await startGpu({ watts: 100, quantum: 0.1, startMillijoules: 0n })
    world.advance(0.05)
    expect(gpu.energyMillijoules()).toBe(0n)
    world.advance(0.06)
    expect(gpu.energyMillijoules()).toBe(10_000n)
    expect(world.gpu.millijoules()).toBeCloseTo(11_000)
  })

  test('energy follows the monotonic clock of the machine', async () => {
    const { world, gpu } = await startGpu({ watts: 1000 }, {})
    const before = world.gpu.millijoules()
    const shown = Number(gpu.energyMillijoules())
    expect(shown).toBeGreaterThanOrEqual(Math.floor(before))
    expect(shown).toBeLessThanOrEqual(world.gpu.millijoules())
  })

  test('power and its limits are in mW', async () => {
    const { gpu } = await startGpu({ watts: 299.5, limitsWatts: [600, 700, 550.5, 200, 750] })
    expect(gpu.powerMilliwatts()).toBe(299_500)
    expect(gpu.powerLimitMilliwatts()).toBe(600_000)
    expect(gpu.defaultPowerLimitMilliwatts()).toBe(700_000)
    expect(gpu.enforcedPowerLimitMilliwatts()).toBe(550_500)
    expect(gpu.powerLimitRange()).toEqual({ minMilliwatts: 200_000, maxMilliwatts: 750_000 })
  })

  test('before Volta there is power, and no energy', async () => {
    const { gpu } = await startGpu({ architecture: 4, counter: 3, newestField: 167 })
    expect(() => gpu.energyMillijoules()).toThrow(
      expect.objectContaining({
        code: 3,
        name: 'NOT_SUPPORTED',
        function: 'nvmlDeviceGetTotalEnergyConsumption',
      }),
    )
    expect(gpu.powerMilliwatts()).toBe(300_000)
    expect(gpu.architecture().name).toBe('Pascal')
    expect(gpu.fieldValues([{ field: FIELD.totalEnergy }, { field: FIELD.energy }])).toMatchObject([
      { code: 3 },
      { code: 2 },
    ])
  })

  test('a vGPU has no energy', async () => {
    const { gpu } = await startGpu({ virtualisation: 2, counter: 3 })
    expect(gpu.virtualisationMode()).toBe('vgpu')
    expect(() => gpu.energyMillijoules()).toThrow(expect.objectContaining({ code: 3 }))
  })
})

describeSimulated('the state of a device', () => {
  test('utilisation, temperature and clocks', async () => {
    const { gpu } = await startGpu()
    expect(gpu.utilisation()).toEqual({ gpuPercent: 97, memoryPercent: 41 })
    expect(gpu.temperatureCelsius()).toBe(61)
    expect(
      (['graphics', 'sm', 'memory', 'video'] as const).map((clock) => gpu.clockMegahertz(clock)),
    ).toEqual([1980, 1980, 2619, 1545])
    expect(() => gpu.clockMegahertz('toString' as 'sm')).toThrow(
      expect.objectContaining({ code: 2, function: 'nvmlDeviceGetClockInfo' }),
    )
  })

  test('memory, also of drivers that know only the first structure', async () => {
    const memoryBytes = [80e9, 1e9, 20e9] as const
    const { gpu } = await startGpu({ memoryBytes })
    expect(gpu.memory()).toEqual({ totalBytes: 80e9, reservedBytes: 1e9, usedBytes: 20e9, freeBytes: 59e9 })

    const first = { totalBytes: 80e9, usedBytes: 21e9, freeBytes: 59e9 }
    const older = await startGpu({ memoryBytes }, { without: ['nvmlDeviceGetMemoryInfo_v2'] })
    expect(older.gpu.memory()).toEqual(first)
    const other = await startGpu({ memoryBytes })
    other.world.fail('nvmlDeviceGetMemoryInfo_v2', 25)
    expect(other.gpu.memory()).toEqual(first)
  })

  test('throttle reasons, under either name of the call', async () => {
    const throttle = 0b1_0010_0101n
    const reasons = ['gpu-idle', 'sw-power-cap', 'sw-thermal-slowdown', 'display-clock-setting']
    const { world, gpu } = await startGpu({ throttle })
    expect(gpu.throttleReasons()).toEqual(reasons)
    world.gpu.set({ throttle: 0n })
    expect(gpu.throttleReasons()).toEqual([])
    const older = await startGpu({ throttle }, { without: ['nvmlDeviceGetCurrentClocksEventReasons'] })
    expect(older.gpu.throttleReasons()).toEqual(reasons)
  })
})

describeSimulated('MIG', () => {
  const instances = [
    { uuid: 'MIG-a', gpuInstance: 1, slices: 4, computeSlices: 2, multiprocessors: 52, mebibytes: 40_192 },
    { uuid: 'MIG-b', gpuInstance: 5, computeInstance: 1, slices: 1, slot: 4, processes: [{ pid: 7 }] },
  ]
  const divided = { uuid: 'GPU-m', migEnabled: true, migPending: true, maxMig: 7, instances }

  test('instances are found below their GPU and by UUID', async () => {
    const { nvml } = await start([{}, divided])
    const gpu = nvml.deviceByIndex(1)
    expect(nvml.deviceCount()).toBe(2)
    expect(gpu.migMode()).toEqual({ enabled: true, pending: true })
    expect(gpu.maxMigDevices()).toBe(7)
    const found = gpu.migDevices()
    expect(found.map((mig) => mig.uuid())).toEqual(['MIG-a', 'MIG-b'])
    expect(found.map((mig) => mig.label)).toEqual(['MIG 0 of GPU 1', 'MIG 4 of GPU 1'])
    expect(gpu.migDevice(4).uuid()).toBe('MIG-b')
    expect(() => gpu.migDevice(1)).toThrow(
      expect.objectContaining({ code: 6, function: 'nvmlDeviceGetMigDeviceHandleByIndex' }),
    )
    const mig = nvml.deviceByUuid('MIG-b')
    expect([mig.gpuInstanceId(), mig.computeInstanceId()]).toEqual([5, 1])
    expect(mig.parent().uuid()).toBe('GPU-m')
    expect(mig.computeProcesses()).toEqual([{ pid: 7, usedBytes: 0 }])
  })

  test('an instance says what it has of its GPU', async () => {
    const { gpu } = await startGpu(divided)
    expect(gpu.migDevice(0).migAttributes()).toEqual({
      multiprocessors: 52,
      gpuSlices: 4,
      computeSlices: 2,
      copyEngines: 1,
      decoders: 2,
      encoders: 0,
      jpegEngines: 1,
      opticalFlowEngines: 0,
      memoryBytes: 40_192 * 1024 ** 2,
    })
  })

  test('power and energy are those of the whole board, utilisation is nobody’s', async () => {
    const { gpu } = await startGpu({ ...divided, watts: 420 })
    for (const device of [gpu, ...gpu.migDevices()]) {
      expect(device.powerMilliwatts()).toBe(420_000)
      expect(device.energyMillijoules()).toBe(1_000_000n)
      expect(() => device.utilisation()).toThrow(expect.objectContaining({ code: 3 }))
      expect(() => device.processUtilisation()).toThrow(expect.objectContaining({ code: 3 }))
    }
  })

  test('a GPU without it', async () => {
    const { gpu } = await startGpu()
    expect(() => gpu.migMode()).toThrow(expect.objectContaining({ code: 3 }))
    expect(gpu.maxMigDevices()).toBe(0)
    expect(gpu.migDevices()).toEqual([])
    expect(() => gpu.parent()).toThrow(expect.objectContaining({ code: 2 }))
    expect(() => gpu.migAttributes()).toThrow(expect.objectContaining({ code: 3 }))
  })

  test('an instance that fails is no instance that is not there', async () => {
    const { world, gpu } = await startGpu(divided)
    world.fail('nvmlDeviceGetMigDeviceHandleByIndex', 999)
    expect(() => gpu.migDevices()).toThrow(expect.objectContaining({ code: 999 }))
  })
})
