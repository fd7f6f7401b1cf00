import type { Domain } from '@ergometer/meter'
import { expect, test } from 'vitest'
import { recorded } from './fake-bmc.ts'
import { bmcOf, countedOf, openAt } from './open-bmc.ts'

const part = (id: string, kind: Domain['kind']): Domain => ({
  id,
  kind,
  label: id,
  method: 'measured',
  reads: { quantity: 'energy', joulesPerCount: 1e-6 },
})
const RAPL = [part('rapl:package-0', 'cpu'), part('rapl:dram', 'memory')]
const NVML = [{ ...part('nvml:GPU-1', 'gpu'), identity: 'gpu:GPU-1' }]
const PLUG: Domain = {
  ...part('plug:plug', 'host'),
  reads: { quantity: 'power' },
  feeds: 'this-host',
}

async function bmcDomains(options: object, energy?: number): Promise<readonly Domain[]> {
  const bmc = await bmcOf(recorded('dmtf-rackmount'))
  if (energy !== undefined) bmc.show('/redfish/v1/Chassis/1U/EnvironmentMetrics', 'EnergyJoules', energy)
  return (await openAt(bmc, { options })).meter.domains
}

test('the BMC of this host contains processor, memory and GPU', async () => {
  const { counted, level } = countedOf([...RAPL, ...NVML, ...(await bmcDomains({ thisHost: true }))])
  expect([[...counted], level]).toEqual([['1U/power'], 'host'])
})

test('a host that is seen by plug and BMC counts once: by the counter, if it moves', async () => {
  const domains = [...RAPL, ...NVML, PLUG, ...(await bmcDomains({ thisHost: true }, 7e8))]
  expect([...countedOf(domains).counted]).toEqual(['1U/energy'])
  expect(countedOf(domains, { '1U/energy': 0 }).counted.size).toBe(1)
  expect([...countedOf(domains, { '1U/energy': 0, '1U/power': 0 }).counted]).toEqual(['plug:plug'])
})

test('power and energy of a chassis count once, also if it is not this host’s', async () => {
  const domains = await bmcDomains({ thisHost: false }, 7e8)
  expect([...countedOf(domains).counted]).toEqual(['1U/energy'])
})

test('another machine’s BMC is not added to this one', async () => {
  const domains = [...RAPL, ...NVML, ...(await bmcDomains({ thisHost: false }))]
  expect([...countedOf(domains).counted]).toEqual(['rapl:package-0', 'rapl:dram', 'nvml:GPU-1'])
})

test('a BMC with gaps gives way to what knows more', async () => {
  const domains = [...RAPL, ...(await bmcDomains({ thisHost: true }))]
  const { counted, incomplete } = countedOf(domains, { '1U/power': 0.5 })
  expect([[...counted], incomplete]).toEqual([['rapl:package-0', 'rapl:dram'], ['1U/power']])
})
