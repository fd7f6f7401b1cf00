import { expect, it } from 'vitest'
import { parseCpuInfo } from '../src/cpu-identity.ts'

const dualXeon = [0, 1, 2, 3]
  .map(
    (cpu) => `processor\t: ${cpu}
vendor_id\t: GenuineIntel
cpu family\t: 6
model\t\t: 63
model name\t: Intel(R) Xeon(R) CPU E5-2620 v3 @ 2.40GHz
stepping\t: 2
physical id\t: ${cpu >> 1}
siblings\t: 12
core id\t\t: ${cpu & 1}
cpu cores\t: 6
flags\t\t: fpu vme de pse tsc msr pae mce cx8 apic sep mtrr rdtscp lm constant_tsc
`,
  )
  .join('\n')

it('counts the sockets of a dual Xeon', () => {
  expect(parseCpuInfo(dualXeon)).toEqual({
    name: 'Intel(R) Xeon(R) CPU E5-2620 v3 @ 2.40GHz',
    sockets: 2,
    logicalCpus: 4,
    virtualised: false,
  })
})

it('sees the hypervisor flag of a virtual machine', () => {
  const text = `processor\t: 0
vendor_id\t: AuthenticAMD
cpu family\t: 25
model\t\t: 17
model name\t: AMD EPYC
physical id\t: 0
flags\t\t: fpu vme ht syscall nx rdtscp lm x2apic hypervisor lahf_lm

`
  expect(parseCpuInfo(text)).toEqual({ name: 'AMD EPYC', sockets: 1, logicalCpus: 1, virtualised: true })
})

it('names an ARM core by its part number', () => {
  const core = (cpu: number, implementer: string, part: string) => `processor\t: ${cpu}
BogoMIPS\t: 243.75
Features\t: fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics
CPU implementer\t: ${implementer}
CPU architecture: 8
CPU variant\t: 0x3
CPU part\t: ${part}
CPU revision\t: 1

`
  const graviton2 = core(0, '0x41', '0xd0c') + core(1, '0x41', '0xd0c')
  expect(parseCpuInfo(graviton2)).toEqual({ name: 'Neoverse-N1', logicalCpus: 2, virtualised: false })
  expect(parseCpuInfo(core(0, '0x61', '0x22')).name).toBe('Apple')
  expect(parseCpuInfo(`${core(0, '0x41', '0xfff')}Model\t\t: Raspberry Pi 6\n`).name).toBe('Raspberry Pi 6')
})

it('says so when it knows nothing', () => {
  expect(parseCpuInfo('')).toEqual({ name: 'unknown CPU', logicalCpus: 0, virtualised: false })
})
