import { expect, it } from 'vitest'
import { plainCpuName, rateCpu } from '../src/tdp-table.ts'

it.each([
  ['Intel(R) Xeon(R) CPU E5-2620 v3 @ 2.40GHz', 'xeon e5-2620 v3'],
  ['Intel(R) Xeon(R) Platinum 8259CL CPU @ 2.50GHz', 'xeon platinum 8259cl'],
  ['12th Gen Intel(R) Core(TM) i9-12900K', 'core i9-12900k'],
  ['AMD Ryzen Threadripper 1950X 16-Core Processor', 'ryzen threadripper 1950x'],
  ['AMD Ryzen 7 5800U with Radeon Graphics', 'ryzen 7 5800u'],
  ['AMD EPYC 7R13 Processor', 'epyc 7r13'],
  ['Intel(R) Xeon(R) CPU @ 2.20GHz', 'xeon'],
])('%s is %s', (cpuName, plain) => expect(plainCpuName(cpuName)).toBe(plain))

it.each([
  ['Intel(R) Xeon(R) CPU E3-1240 V2 @ 3.40GHz', 'desktop', 69, 8],
  ['AMD EPYC 8024P 8-Core Processor', 'chiplet server', 90, 16],
  ['AMD EPYC 7402P 24-Core Processor', 'chiplet server', 180, 48],
  ['AMD Ryzen Threadripper 1950X 16-Core Processor', 'workstation', 180, 32],
  ['INTEL(R) XEON(R) PLATINUM 8592+', 'server', 350, 128],
  ['13th Gen Intel(R) Core(TM) i9-13900K', 'unlocked desktop', 125, 32],
  ['Intel(R) Core(TM) i5-12600KF', 'unlocked desktop', 125, undefined],
  ['Intel(R) Core(TM) i7-8565U CPU @ 1.80GHz', 'laptop', 17, undefined],
  ['11th Gen Intel(R) Core(TM) i7-1165G7 @ 2.80GHz', 'laptop', 17, undefined],
  ['Intel(R) Core(TM) m3-7Y32 CPU @ 1.10GHz', 'laptop', 6, undefined],
  ['Intel(R) Core(TM) i7-10750H CPU @ 2.60GHz', 'laptop', 47, undefined],
  ['Intel(R) Core(TM) i5-8500T CPU @ 2.10GHz', 'desktop', 35, undefined],
  ['Intel(R) Core(TM) i9-7980XE CPU @ 2.60GHz', 'workstation', 150, undefined],
  ['AMD Ryzen 5 5600G with Radeon Graphics', 'desktop', 65, undefined],
  ['AMD Ryzen 7 5800H with Radeon Graphics', 'laptop', 42, undefined],
  ['AMD Ryzen 9 5950X 16-Core Processor', 'chiplet desktop', 105, 32],
  ['Apple M2 Pro', 'Apple silicon', 32, undefined],
  ['Intel(R) Xeon(R) CPU @ 2.20GHz', 'server', undefined, undefined],
  ['AMD EPYC', 'chiplet server', undefined, undefined],
  ['AMD EPYC-Milan Processor', 'chiplet server', undefined, undefined],
  ['Neoverse-V1', 'ARM server', undefined, undefined],
  ['Cortex-A72', 'ARM board', undefined, undefined],
  ['QEMU Virtual CPU version 2.5+', 'unknown', undefined, undefined],
  ['constructor', 'unknown', undefined, undefined],
])('rates %s', (cpuName, name, tdpWatts, threads) => {
  const rating = rateCpu(cpuName)
  expect([rating.cpuClass.name, rating.tdpWatts, rating.threads]).toEqual([name, tdpWatts, threads])
})
