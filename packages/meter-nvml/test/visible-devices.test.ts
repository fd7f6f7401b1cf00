import { afterEach, describe, expect, it, test } from 'vitest'
import { describeSimulated } from '../../node-nvml/test/describe-simulated.ts'
import { type SelectableGpu, selectGpus, type Wish } from '../src/visible-devices.ts'
import { SimulatedMachine } from './simulated-machine.ts'
import { INSTANCES, uuid } from './worlds.ts'

const H100 = 'NVIDIA H100 80GB HBM3'

function gpu(
  index: number,
  id: string,
  more: Partial<SelectableGpu> = {},
): SelectableGpu & { index: number } {
  return { index, uuid: id, name: H100, instances: [], ...more }
}

const divided = [
  { uuid: 'MIG-11111111-aaaa', gpuInstance: 7, computeInstance: 0 },
  { uuid: 'MIG-11112222-bbbb', gpuInstance: 8, computeInstance: 0 },
]
const GPUS = [
  gpu(0, 'GPU-8932f937-d72c-4106-c12f-20bd9faed9f6'),
  gpu(1, 'GPU-8932ffff-d72c-4106-c12f-20bd9faed9f6'),
  gpu(2, 'GPU-12345678-0000-4106-c12f-20bd9faed9f6', { instances: divided }),
  gpu(3, 'GPU-99999999-0000-4106-c12f-20bd9faed9f6'),
]
const ALL = [0, 1, 2, 3]

function select(
  wish: Partial<Wish> & { cuda?: string; nvidia?: string },
  gpus: readonly (typeof GPUS)[number][] = GPUS,
) {
  const { cuda, nvidia, ...rest } = wish
  const env = {
    ...(cuda === undefined ? {} : { CUDA_VISIBLE_DEVICES: cuda }),
    ...(nvidia === undefined ? {} : { NVIDIA_VISIBLE_DEVICES: nvidia }),
    ...rest.env,
  }
  const selection = selectGpus(gpus, { contained: false, ...rest, env })
  return { ...selection, chosen: selection.gpus.map(({ index }) => index) }
}

describe('CUDA_VISIBLE_DEVICES', () => {
  it.each<[string | undefined, number[]]>([
    [undefined, ALL],
    ['', []],
    [' ', []],
    ['0', [0]],
    ['3,1', [1, 3]],
    [' 1 , 2 ', [1, 2]],
    ['1gpu2,2ampere', [1, 2]],
    ['0,1,-1,2', [0, 1]],
    ['-1', []],
    ['NoDevFiles', []],
    ['0,4,1', [0]],
    ['4', []],
    ['0,,1', [0]],
    ['1,1', []],
    ['0,1,0', []],
    ['all', []],
    ['GPU-99999999-0000-4106-c12f-20bd9faed9f6', [3]],
    ['GPU-8932f937', [0]],
    ['GPU-8932f9,GPU-9', [0, 3]],
    // The begin of two of them.
    ['GPU-8932', []],
    ['GPU-9,GPU-8932,GPU-1', [3]],
    ['GPU-9,1', [3]],
    ['1,GPU-9', [1]],
    ['GPU-9,GPU-99', []],
    ['gpu-9', []],
    ['8932f937', []],
    ['MIG-11111111-aaaa', [2]],
    ['MIG-1111', []],
    ['MIG-11112', [2]],
    ['MIG-GPU-12345678-0000-4106-c12f-20bd9faed9f6/8/0', [2]],
    ['MIG-GPU-12345678-0000-4106-c12f-20bd9faed9f6/9/0', []],
    ['MIG-GPU-99999999-0000-4106-c12f-20bd9faed9f6/7/0', []],
  ])('%j is %j', (cuda, chosen) => {
    const selection = select(cuda === undefined ? {} : { cuda })
    expect(selection.chosen).toEqual(chosen)
    // Nothing is left out in silence.
    const whole = cuda === undefined || chosen.length === new Set(cuda.split(',')).size
    expect(selection.notes.length > 0).toBe(!whole)
  })

  test('names instances', () => {
    expect([...select({ cuda: 'MIG-11112222-bbbb' }).instances]).toEqual(['MIG-11112222-bbbb'])
    const old = 'MIG-GPU-12345678-0000-4106-c12f-20bd9faed9f6/7/0'
    expect([...select({ cuda: old }).instances]).toEqual(['MIG-11111111-aaaa'])
    expect([...select({ cuda: '2' }).instances]).toEqual([])
  })

  test('counts what is out of reach', () => {
    const gpus = [GPUS[0], undefined, GPUS[2]]
    const chosen = (cuda: string) =>
      selectGpus(gpus, { env: { CUDA_VISIBLE_DEVICES: cuda }, contained: false }).gpus.map(
        ({ index }) => index,
      )
    expect(chosen('2')).toEqual([2])
    expect(chosen('1,2')).toEqual([2])
    expect(chosen('0,3')).toEqual([0])
  })

  it.each<[object, boolean]>([
    [{ CUDA_VISIBLE_DEVICES: '0' }, true],
    [{ CUDA_VISIBLE_DEVICES: '0', CUDA_DEVICE_ORDER: 'FASTEST_FIRST' }, true],
    [{ CUDA_VISIBLE_DEVICES: '0', CUDA_DEVICE_ORDER: 'PCI_BUS_ID' }, false],
    [{ CUDA_VISIBLE_DEVICES: '0,1' }, false],
    [{ CUDA_VISIBLE_DEVICES: 'GPU-8932f937' }, false],
    [{}, false],
  ])('%j among GPUs that differ: unsure of the order is %j', (env, unsure) => {
    const gpus = [gpu(0, 'GPU-8932f937'), gpu(1, 'GPU-1', { name: 'NVIDIA GeForce RTX 3090' })]
    expect(select({ env: env as Wish['env'] }, gpus).orderUnsure).toBe(unsure)
    expect(select({ env: env as Wish['env'] }).orderUnsure).toBe(false)
  })
})

describe('NVIDIA_VISIBLE_DEVICES', () => {
  it.each<[string, number[]]>([
    ['all', ALL],
    ['', []],
    ['none', []],
    ['void', []],
    ['2,3', [2, 3]],
    ['7', []],
    ['7,1', [1]],
    ['GPU-8932f937', [0]],
    ['2:1', [2]],
    ['2:5', []],
    ['MIG-11111111-aaaa', [2]],
  ])('%j on a host is %j', (nvidia, chosen) => {
    expect(select({ nvidia }).chosen).toEqual(chosen)
  })

  it.each<[string, number, number[]]>([
    // The host's numbers; what was let in has got others.
    ['2,3', 2, [0, 1]],
    ['1,2', 2, [0, 1]],
    ['5', 1, [0]],
    ['GPU-of-the-host', 1, [0]],
    // By CDI or a device plugin.
    ['void', 2, [0, 1]],
    ['/var/run/nvidia-container-devices', 1, [0]],
    ['none', 2, []],
    // A privileged container sees more than was let in.
    ['1', 4, [1]],
  ])('%j in a container that shows %i is %j', (nvidia, shown, chosen) => {
    expect(select({ nvidia, contained: true }, GPUS.slice(0, shown)).chosen).toEqual(chosen)
  })

  test('is what CUDA counts in', () => {
    expect(select({ nvidia: '2,3', cuda: '1' }).chosen).toEqual([3])
    expect(select({ nvidia: '2,3', cuda: '2' }).chosen).toEqual([])
    expect(select({ nvidia: '2,3', cuda: 'GPU-8932f937' }).chosen).toEqual([])
  })
})

describe('the option', () => {
  it.each<[(number | string)[], number[]]>([
    [[1], [1]],
    [
      ['1', 'GPU-9'],
      [1, 3],
    ],
    [
      ['MIG-11112', 0],
      [0, 2],
    ],
    [[9], []],
    [[9, 0], [0]],
    [[], []],
  ])('%j is %j, whatever variables say', (devices, chosen) => {
    const selection = select({ devices, cuda: '2', nvidia: 'none' })
    expect(selection.chosen).toEqual(chosen)
    expect(selection.notes).toHaveLength(devices.includes(9) ? 1 : 0)
  })
})

describeSimulated('a selection', () => {
  let machine: SimulatedMachine
  afterEach(() => machine.remove())
  const gpus = [
    {},
    { name: 'NVIDIA GeForce RTX 3090' },
    { migEnabled: true, maxMig: 7, instances: INSTANCES },
  ]

  it.each<[string, object | undefined, string[], string[]]>([
    ['1', undefined, [uuid(1)], ['gpu-order-unsure']],
    [`${uuid(2)},${uuid(0)}`, undefined, [uuid(0), uuid(2)], []],
    [INSTANCES[4]?.uuid ?? '', undefined, [uuid(2)], []],
    ['0,9', undefined, [uuid(0)], ['gpus-not-found', 'gpu-order-unsure']],
    ['2', { devices: [0] }, [uuid(0)], []],
  ])('CUDA_VISIBLE_DEVICES=%s, options %j', async (cuda, options, ids, codes) => {
    machine = new SimulatedMachine({
      gpus,
      env: { CUDA_VISIBLE_DEVICES: cuda },
      ...(options ? { options } : {}),
    })
    const { domains } = await machine.open()
    expect(domains.map(({ id }) => id)).toEqual(ids)
    expect(machine.codes).toEqual(codes)
  })

  it.each(['', '7', 'GPU-0'])('of nothing (%j) meters nothing, and says so', async (cuda) => {
    machine = new SimulatedMachine({ gpus, env: { CUDA_VISIBLE_DEVICES: cuda } })
    await expect(machine.open()).rejects.toMatchObject({
      code: 'METER_UNAVAILABLE',
      outcome: 'fatal',
      message: expect.stringMatching(/CUDA_VISIBLE_DEVICES is .*no GPU is metered$/),
    })
    expect(machine.said).toEqual([expect.objectContaining({ severity: 'warning', code: 'gpus-not-found' })])
  })

  test('of a container whose GPUs the toolkit has let in is what NVML shows', async () => {
    machine = new SimulatedMachine({ gpus, env: { NVIDIA_VISIBLE_DEVICES: '4,5,6' } })
    const library = '/usr/lib/x86_64-linux-gnu/libnvidia-ml.so.535.261.03'
    machine.write(
      'proc/self/mountinfo',
      `613 598 259:1 ${library} ${library} ro,nosuid - ext4 /dev/root rw\n`,
    )
    const { domains } = await machine.open()
    expect(domains).toHaveLength(3)
  })
})
