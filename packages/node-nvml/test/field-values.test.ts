import { afterEach, describe, expect, test } from 'vitest'
import { readFieldValues, writeFieldRequests } from '../src/field-value.ts'
import { FIELD, type NvmlBinding, type NvmlDevice, openNvml, SCOPE } from '../src/index.ts'
import { describeSimulated } from './describe-simulated.ts'
import { type GpuSettings, SimulatedNvml } from './simulated-nvml.ts'

let world: SimulatedNvml | undefined
let nvml: NvmlBinding | undefined
afterEach(() => {
  nvml?.shutdown()
  world?.[Symbol.dispose]()
})

async function start(gpu: Partial<GpuSettings>): Promise<NvmlDevice> {
  world = new SimulatedNvml([gpu], { clock: 10 })
  nvml = await openNvml({ library: world.library, env: {} })
  return nvml.deviceByIndex(0)
}

describeSimulated('field values', () => {
  test('each has a code of its own, in the order of the requests', async () => {
    const gpu = await start({
      watts: 250,
      startMillijoules: 2n ** 53n + 1n,
      fields: [{ field: 185, code: 3 }],
    })
    const values = gpu.fieldValues([
      { field: FIELD.instantPower },
      { field: FIELD.averagePower },
      { field: FIELD.energy, scope: SCOPE.gpu },
      { field: FIELD.totalEnergy },
      { field: 9999 },
    ])
    expect(values).toMatchObject([
      { field: 186, scope: 0, code: 0, codeName: 'SUCCESS', value: 250_000 },
      { field: 185, scope: 0, code: 3, codeName: 'NOT_SUPPORTED' },
      { field: 191, scope: 0, code: 0, value: 2n ** 53n + 1n },
      { field: 83, scope: 0, code: 0, value: 2n ** 53n + 1n },
      { field: 9999, scope: 0, code: 2, codeName: 'INVALID_ARGUMENT' },
    ])
    expect(values[1]).not.toHaveProperty('value')
    const now = BigInt(Date.now()) * 1000n
    expect(values[0]?.timeMicroseconds).toBeGreaterThan(now - 3_600_000_000n)
    expect(values[0]?.latencyMicroseconds).toBe(7n)
  })

  test('a Grace Hopper that refuses the GPU alone answers for its module', async () => {
    const gpu = await start({ watts: 400, moduleWatts: 650, gpuScope: 3 })
    const requests = [SCOPE.gpu, SCOPE.module].map((scope) => ({ field: FIELD.instantPower, scope }))
    expect(gpu.fieldValues(requests)).toMatchObject([
      { scope: 0, code: 3 },
      { scope: 1, code: 0, value: 650_000 },
    ])
    world?.advance(2)
    expect(gpu.fieldValues([{ field: FIELD.energy, scope: SCOPE.module }])[0]?.value).toBe(
      1_000_000n + 1_300_000n,
    )
  })

  test('a GPU without a module does not answer for one', async () => {
    const gpu = await start({})
    expect(gpu.fieldValues([{ field: FIELD.instantPower, scope: SCOPE.module }])).toMatchObject([
      { scope: 1, code: 3 },
    ])
  })

  test('limits are fields too', async () => {
    const gpu = await start({ limitsWatts: [600, 700, 650, 200, 750] })
    const { minPowerLimit, maxPowerLimit, defaultPowerLimit, currentPowerLimit, requestedPowerLimit } = FIELD
    const fields = [minPowerLimit, maxPowerLimit, defaultPowerLimit, currentPowerLimit, requestedPowerLimit]
    expect(gpu.fieldValues(fields.map((field) => ({ field }))).map(({ value }) => value)).toEqual([
      200_000, 750_000, 700_000, 650_000, 600_000,
    ])
  })

  test('each value is of the type that the driver says', async () => {
    const values = [-1.5, 4294967295, 2n ** 63n, 2n ** 64n - 1n, -(2n ** 63n), -7, 65_535]
    const gpu = await start({ fields: values.map((value, type) => ({ field: 200 + type, type, value })) })
    const requests = values.map((_, type) => ({ field: 200 + type }))
    expect(gpu.fieldValues(requests).map(({ value }) => value)).toEqual(values)
  })

  test('a type of the future is no value', async () => {
    const gpu = await start({ fields: [{ field: 200, type: 7 }] })
    const [value] = gpu.fieldValues([{ field: 200 }])
    expect(value?.code).toBe(0)
    expect(value).not.toHaveProperty('value')
  })

  test('many fields, then few', async () => {
    const gpu = await start({ watts: 100 })
    const many = gpu.fieldValues(Array.from({ length: 300 }, () => ({ field: FIELD.instantPower })))
    expect(many).toHaveLength(300)
    expect(new Set(many.map(({ value }) => value))).toEqual(new Set([100_000]))
    expect(gpu.fieldValues([{ field: FIELD.averagePower }])).toHaveLength(1)
    expect(gpu.fieldValues([])).toEqual([])
  })

  test('the call fails where the driver says nothing of any field', async () => {
    const gpu = await start({})
    world?.gpu.set({ lost: 15 })
    expect(() => gpu.fieldValues([{ field: 83 }, { field: 186 }])).toThrow(
      expect.objectContaining({ code: 15, function: 'nvmlDeviceGetFieldValues' }),
    )
    expect(() => gpu.fieldValues([{ field: -1 }])).toThrow(expect.objectContaining({ code: 2 }))
    expect(() => gpu.fieldValues([{ field: 83, scope: 1.5 }])).toThrow(expect.objectContaining({ code: 2 }))
  })

  test('every field may fail in its own way', async () => {
    const gpu = await start({ fields: [83, 185, 186, 191].map((field) => ({ field, code: field })) })
    const values = gpu.fieldValues([{ field: 83 }, { field: 185 }, { field: 186 }, { field: 191 }])
    expect(values.map(({ code }) => code)).toEqual([83, 185, 186, 191])
    expect(values.map(({ codeName }) => codeName)).toEqual(['CODE_83', 'CODE_185', 'CODE_186', 'CODE_191'])
  })
})

describe('the codec', () => {
  const requests = [{ field: 83 }]

  test('a field that the driver passes over has no value, and is not zero', () => {
    const view = new DataView(new ArrayBuffer(40))
    writeFieldRequests(view, requests)
    expect(readFieldValues(view, requests, 'linux')).toMatchObject([{ code: 999, codeName: 'UNKNOWN' }])
  })

  test.each([
    ['linux', 0xffff_ffff_0000_0005n],
    ['win32', 5n],
  ] as const)('an unsigned long on %s', (platform, expected) => {
    const view = new DataView(new ArrayBuffer(40))
    view.setUint32(24, 2, true)
    view.setBigUint64(32, 0xffff_ffff_0000_0005n, true)
    expect(readFieldValues(view, requests, platform)[0]?.value).toBe(expected)
  })
})
