import { existsSync } from 'node:fs'
import { afterEach, describe, expect, test } from 'vitest'
import { whyNoSimulation } from '../../node-nvml/test/simulated-nvml.ts'
import { addSmi, readUntil } from './fake-smi.ts'
import { SimulatedMachine } from './simulated-machine.ts'

// A process that has loaded a simulated library would find that one by its name: these tests load none.

const whyNot = existsSync('/proc/driver/nvidia') ? 'this machine has a library of its own' : whyNoSimulation
if (whyNot !== undefined) console.log(`skipped: without NVIDIA's library: ${whyNot}`)

/** What nobody names is looked for by the loader. */
const NONE = { ERGOMETER_NVML_LIBRARY: '' }

describe.skipIf(whyNot !== undefined)('without NVIDIA’s library', () => {
  let machine: SimulatedMachine
  afterEach(() => machine.remove())

  test('nvidia-smi tells of the GPUs that are meant', async () => {
    machine = new SimulatedMachine({ gpus: [], env: { ...NONE, CUDA_VISIBLE_DEVICES: '1' } })
    addSmi(machine, ['GPU-a, NVIDIA T4, 30.10', 'GPU-b, NVIDIA T4, 31.10'])
    const { domains } = await machine.open()
    expect(domains.map(({ id, label }) => [id, label])).toEqual([['GPU-b', 'NVIDIA T4']])
    await readUntil(machine, () => (machine.covered['GPU-b'] ?? 0) > 0.05)
    expect(machine.values['GPU-b']).toBe(31.1)
  })

  test('and without nvidia-smi there is nothing, in one line', async () => {
    machine = new SimulatedMachine({ gpus: [], env: NONE })
    await expect(machine.open()).rejects.toMatchObject({
      code: 'METER_UNAVAILABLE',
      message: expect.stringMatching(
        /^nvmlInit_v2: libnvidia-ml\.so\.1 .*\(NVML_ERROR_LIBRARY_NOT_FOUND, 12\)$/,
      ),
    })
  })

  test('a named one that is not there is not made up for', async () => {
    machine = new SimulatedMachine({ gpus: [], options: { library: '/nowhere/libnvidia-ml.so.1' } })
    addSmi(machine, ['GPU-a, NVIDIA T4, 30.10'])
    await expect(machine.open()).rejects.toMatchObject({
      message: expect.stringMatching(/nowhere.* is not there/),
    })
  })
})
