import { afterEach, expect, test } from 'vitest'
import { NvmlError, openNvml } from '../src/index.ts'
import { describeSimulated } from './describe-simulated.ts'
import { SimulatedNvml } from './simulated-nvml.ts'

let world: SimulatedNvml
afterEach(() => world[Symbol.dispose]())

const uninitialised = expect.objectContaining({ code: 1, name: 'UNINITIALIZED' })

describeSimulated('init and shutdown', () => {
  test('are counted', async () => {
    world = new SimulatedNvml()
    const nvml = await openNvml({ library: world.library })
    nvml.init()
    nvml.shutdown()
    const gpu = nvml.deviceByIndex(0)
    expect(gpu.powerMilliwatts()).toBe(300_000)
    nvml.shutdown()
    expect(() => nvml.deviceCount()).toThrow(uninitialised)
    expect(() => nvml.driverVersion()).toThrow(uninitialised)
    expect(nvml.nvmlVersion()).toBe('12.535.261.03')
  })

  test('one shutdown too many takes nothing away from others', async () => {
    world = new SimulatedNvml()
    const [one, other] = [
      await openNvml({ library: world.library }),
      await openNvml({ library: world.library }),
    ]
    one.shutdown()
    one.shutdown()
    expect(other.deviceCount()).toBe(1)
    other.shutdown()
    expect(() => other.deviceCount()).toThrow(uninitialised)
  })

  test('devices end with the last shutdown, and never reach NVML again', async () => {
    world = new SimulatedNvml()
    const nvml = await openNvml({ library: world.library })
    const gpu = nvml.deviceByIndex(0)
    nvml.shutdown()
    expect(() => gpu.energyMillijoules()).toThrow(uninitialised)
    // With a handle of before, NVML itself would answer 2 here, if it did not crash.
    nvml.init()
    expect(() => gpu.energyMillijoules()).toThrow(uninitialised)
    expect(nvml.deviceByIndex(0).energyMillijoules()).toBeGreaterThan(0n)
    nvml.shutdown()
  })

  test('a using block ends it', async () => {
    world = new SimulatedNvml()
    const nvml = await openNvml({ library: world.library })
    {
      using inside = nvml
      expect(inside.deviceCount()).toBe(1)
    }
    expect(() => nvml.deviceCount()).toThrow(uninitialised)
  })

  test('an init that fails counts for nothing', async () => {
    world = new SimulatedNvml()
    world.fail('nvmlInit_v2', 9)
    const failure = await openNvml({ library: world.library }).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(NvmlError)
    expect(failure).toMatchObject({ code: 9, name: 'DRIVER_NOT_LOADED', function: 'nvmlInit_v2' })
    expect((failure as NvmlError).message).not.toContain('\n')
    world.heal()
    const nvml = await openNvml({ library: world.library })
    world.fail('nvmlInit_v2', 18)
    expect(() => nvml.init()).toThrow(expect.objectContaining({ code: 18 }))
    nvml.shutdown()
    expect(() => nvml.deviceCount()).toThrow(uninitialised)
  })
})

describeSimulated('a driver that is loaded anew', () => {
  test('wants an init, and its counters begin at zero', async () => {
    world = new SimulatedNvml([{ watts: 100 }], { clock: 50 })
    using nvml = await openNvml({ library: world.library })
    const gpu = nvml.deviceByIndex(0)
    world.advance(10)
    expect(gpu.energyMillijoules()).toBe(2_000_000n)
    world.reload()
    expect(() => gpu.energyMillijoules()).toThrow(uninitialised)
    nvml.shutdown()
    nvml.init()
    world.advance(3)
    const found = nvml.deviceByUuid(world.gpu.settings.uuid)
    expect(found.energyMillijoules()).toBe(300_000n)
    expect(() => gpu.energyMillijoules()).toThrow(uninitialised)
  })

  test('a reset of the counter alone is a smaller number', async () => {
    world = new SimulatedNvml([{ watts: 100 }], { clock: 50 })
    using nvml = await openNvml({ library: world.library })
    const gpu = nvml.deviceByIndex(0)
    expect(gpu.energyMillijoules()).toBe(1_000_000n)
    world.gpu.restart()
    world.advance(1)
    expect(gpu.energyMillijoules()).toBe(100_000n)
  })
})

describeSimulated('a driver that is slow', () => {
  test('blocks for as long as it takes', async () => {
    world = new SimulatedNvml([{}, {}])
    using nvml = await openNvml({ library: world.library })
    const [slow, quick] = [nvml.deviceByIndex(0), nvml.deviceByIndex(1)]
    world.delay('nvmlDeviceGetPowerUsage', 80, world.gpus[0])
    const begin = performance.now()
    quick.energyMillijoules()
    slow.powerMilliwatts()
    expect(performance.now() - begin).toBeGreaterThan(79)
  })

  test('a counter never falls when the watts do', async () => {
    world = new SimulatedNvml([{ watts: 1e6 }])
    using nvml = await openNvml({ library: world.library })
    const gpu = nvml.deviceByIndex(0)
    let last = gpu.energyMillijoules()
    for (let round = 0; round < 50; round++) {
      world.gpu.set({ watts: round % 2 ? 1e6 : 1 })
      const now = gpu.energyMillijoules()
      expect(now).toBeGreaterThanOrEqual(last)
      last = now
    }
  })
})
