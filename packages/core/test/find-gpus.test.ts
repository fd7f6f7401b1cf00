import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { findGpus } from '../src/find-gpus.ts'

const root = mkdtempSync(join(tmpdir(), 'gpus-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

/** Roots of a machine with these files. */
function machine(name: string, files: Record<string, string>) {
  for (const [path, content] of Object.entries(files)) {
    const file = join(root, name, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, `${content}\n`)
  }
  return { sysRoot: join(root, name, 'sys'), procRoot: join(root, name, 'proc') }
}

const device = (address: string, vendor: string, type = '0x030000') => ({
  [`sys/bus/pci/devices/${address}/vendor`]: vendor,
  [`sys/bus/pci/devices/${address}/class`]: type,
})

describe('the GPUs of a machine', () => {
  it('are named by their driver, or else by where they sit', () => {
    const roots = machine('server', {
      ...device('0000:07:00.0', '0x10de', '0x030200'),
      ...device('0000:0a:00.0', '0x10de', '0x030200'),
      ...device('0000:41:00.0', '0x1002', '0x038000'),
      ...device('0000:51:00.0', '0x8086', '0x038000'),
      ...device('0000:02:00.0', '0x1a03'),
      ...device('0000:01:00.0', '0x10de', '0x020000'),
      'proc/driver/nvidia/gpus/0000:07:00.0/information': 'Model: \t\t NVIDIA H100 80GB HBM3\nIRQ: 42',
    })
    expect(findGpus(roots)).toEqual([
      'NVIDIA H100 80GB HBM3',
      'NVIDIA GPU 0000:0a:00.0',
      'AMD GPU 0000:41:00.0',
      'Intel GPU 0000:51:00.0',
    ])
  })

  it('are not the graphics of its processor', () => {
    const roots = machine('laptop', {
      ...device('0000:00:02.0', '0x8086'),
      ...device('0000:c4:00.0', '0x1002'),
      'sys/bus/pci/devices/0000:c4:00.0/hwmon/hwmon3/power1_label': 'slowPPT',
    })
    expect(findGpus(roots)).toEqual([])
  })

  it('of a system that does not tell are none', () => {
    expect(findGpus(machine('empty', {}))).toEqual([])
  })
})
