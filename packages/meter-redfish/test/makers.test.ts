import { describe, expect, test } from 'vitest'
import { around, type FakeBmc, OWN_UUID, recorded } from './fake-bmc.ts'
import { bmcOf, energyOf, openAt, probeAt, readOnce, sysRootOf } from './open-bmc.ts'

const METRICS = '/redfish/v1/Chassis/1U/EnvironmentMetrics'

describe('the replies of makers', () => {
  test.each([
    ['hpe-dl380a', undefined, '1/power', 565, 'host:39343550-3330-4d32-3244-324a30304c34'],
    ['dell-idrac', 'System.Embedded.1', 'System.Embedded.1/power', 135, `host:${OWN_UUID}`],
    ['openbmc', 'chassis', 'chassis/power', 232, `host:${OWN_UUID}`],
    // The whole, and not the parts of it that stand beside.
    ['lenovo-hx3720', '1', '1/power', 263, `host:${OWN_UUID}`],
    ['dmtf-rackmount', undefined, '1U/power', 374, `host:${OWN_UUID}`],
    // The system's own link leads to a chassis without power; the one with power says whose it is.
    [
      'supermicro-gb-nvl',
      undefined,
      'Chassis_0/power',
      1349.263802,
      'host:5f1cf000-643d-11f0-8000-7cc25590513a',
    ],
  ])('%s', async (name, chassis, id, watts, identity) => {
    const bmc = await bmcOf(recorded(name, chassis))
    const { meter } = await openAt(bmc)
    expect(meter.domains).toMatchObject([
      { id, kind: 'host', method: 'measured', reads: { quantity: 'power' }, identity },
    ])
    expect(await readOnce(meter)).toMatchObject([{ index: 0, value: watts }])
  })

  test('DMTF: what the sensor says of itself is taken over', async () => {
    const { meter } = await openAt(await bmcOf(recorded('dmtf-rackmount')))
    expect(meter.domains[0]).toMatchObject({ updatePeriod: 0.25 })
    expect(meter.domains[0]?.standardUncertainty?.relative).toBeCloseTo(0.002 / Math.sqrt(3))
  })

  test('HPE: nothing is known of its error, and its period is the usual one, or what the user says', async () => {
    const bmc = await bmcOf(recorded('hpe-dl380a'))
    const [domain] = (await openAt(bmc)).meter.domains
    expect(domain).not.toHaveProperty('standardUncertainty')
    expect(domain?.updatePeriod).toBe(10)
    const told = await openAt(bmc, { options: { updatePeriod: 2 } })
    expect(told.meter.domains[0]?.updatePeriod).toBe(2)
  })

  test('Supermicro: a chassis that is named, also by its path', async () => {
    const bmc = await bmcOf(recorded('supermicro-gb-nvl'))
    const { meter } = await openAt(bmc, { options: { chassis: 'HGX_GPU_0' } })
    expect(meter.domains.map(({ id }) => id)).toEqual(['HGX_GPU_0/power', 'HGX_GPU_0/energy'])
    expect(meter.domains[1]?.reads).toEqual({ quantity: 'energy', joulesPerCount: 1 })
    const path = '/redfish/v1/Chassis/Chassis_0'
    expect((await openAt(bmc, { options: { chassis: path } })).meter.domains).toHaveLength(1)
    await expect(openAt(bmc, { options: { chassis: 'Chasis_0' } })).rejects.toMatchObject({
      code: 'REDFISH_ABSENT',
      message: expect.stringContaining('there are: BMC_0, Chassis_0'),
    })
  })
})

describe('energy', () => {
  /** A BMC whose power and counter follow a load, and a clock; 5 s go by between two reads. */
  async function day(change: (bmc: FakeBmc, second: number) => void, seconds = 600) {
    let now = 0
    const bmc = await bmcOf(recorded('dmtf-rackmount'))
    change(bmc, 0)
    const { meter, said } = await openAt(bmc, { clock: () => now, options: { updatePeriod: 5 } })
    const readings = []
    for (now = 0; now <= seconds; now += 5) {
      change(bmc, now)
      readings.push(...(await readOnce(meter)))
    }
    return { energy: energyOf(meter.domains, readings, 5), meter, said }
  }
  const watts = (second: number) => (second < 300 ? 200 : 600)
  const joules = (second: number) => 7e8 + (second <= 300 ? 200 * second : 60_000 + 600 * (second - 300))

  test('a fine counter and the power beside it tell the same', async () => {
    const { energy } = await day((bmc, second) => {
      bmc.show(METRICS, 'PowerWatts', watts(second))
      bmc.show(METRICS, 'EnergyJoules', joules(second))
    })
    expect(energy['1U/energy']).toEqual({ joules: 240_000, seconds: 600 })
    expect(energy['1U/power']?.joules).toBeCloseTo(241_000, 6)
  })

  test('kilowatt hours with enough decimals are a fine counter', async () => {
    const { energy } = await day((bmc, second) => bmc.show(METRICS, 'EnergykWh', joules(second) / 3.6e6))
    expect(energy['1U/energy']?.joules).toBeCloseTo(240_000, 0)
  })

  test('a coarse counter beside power is left out, and said', async () => {
    const { energy, said } = await day((bmc, second) => {
      bmc.show(METRICS, 'EnergykWh', Math.floor(joules(second) / 3600) / 1000)
    })
    expect(Object.keys(energy)).toEqual(['1U/power'])
    expect(said).toContainEqual(expect.objectContaining({ code: 'energy-coarse' }))
  })

  test('a coarse counter alone is better than nothing, and says how long it may stand still', async () => {
    const bmc = await bmcOf(recorded('dmtf-rackmount'))
    bmc.resources[METRICS] = { EnergykWh: { Reading: 12.345 } }
    delete bmc.resources['/redfish/v1/Chassis/1U/Power']
    const { meter } = await openAt(bmc)
    expect(meter.domains).toMatchObject([{ id: '1U/energy', updatePeriod: 36 }])
  })

  test('a counter that stands still has counted nothing that is known: power stands in', async () => {
    const { energy } = await day((bmc, second) => {
      bmc.show(METRICS, 'PowerWatts', watts(second))
      bmc.show(METRICS, 'EnergyJoules', 7e8)
    })
    expect(energy['1U/energy']).toEqual({ joules: 0, seconds: 0 })
    expect(energy['1U/power']?.seconds).toBe(600)
  })

  test('a counter that begins anew loses what lies between, and nothing else', async () => {
    const { energy } = await day((bmc, second) => {
      bmc.show(METRICS, 'EnergyJoules', second < 302 ? joules(second) : joules(second) - joules(301))
    })
    expect(energy['1U/energy']?.joules).toBeCloseTo(240_000 - 3000, 0)
    expect(energy['1U/energy']?.seconds).toBe(595)
  })
})

describe('readings that are none', () => {
  test.each([0, null, 'n/a', '374'])('power %j', async (reading) => {
    const bmc = await bmcOf(recorded('dmtf-rackmount'))
    const { meter } = await openAt(bmc)
    bmc.show(METRICS, 'PowerWatts', reading)
    await expect(readOnce(meter)).rejects.toMatchObject({ outcome: 'retry', code: 'REDFISH_UNREADABLE' })
    bmc.show(METRICS, 'PowerWatts', 380)
    expect(await readOnce(meter)).toMatchObject([{ value: 380 }])
  })
})

describe('whose power it is', () => {
  const several = () => {
    const resources = { ...around('node-1'), ...around('enclosure') }
    const links = ['node-1', 'enclosure'].map((id) => ({ '@odata.id': `/redfish/v1/Chassis/${id}` }))
    const power = (watts: number) => ({ PowerControl: [{ PowerConsumedWatts: watts }] })
    return {
      ...resources,
      '/redfish/v1/Chassis': { Members: links },
      '/redfish/v1/Systems/1': { UUID: OWN_UUID, Links: { Chassis: links } },
      '/redfish/v1/Chassis/node-1/Power': power(300),
      '/redfish/v1/Chassis/enclosure/Power': power(4000),
    }
  }

  test('of several chassis none is guessed, and they are not added up', async () => {
    const bmc = await bmcOf(several())
    await expect(openAt(bmc)).rejects.toMatchObject({
      outcome: 'fatal',
      code: 'REDFISH_CHASSIS',
      message: expect.stringContaining('node-1, enclosure'),
    })
    const { meter } = await openAt(bmc, { options: { chassis: 'node-1' } })
    expect(await readOnce(meter)).toMatchObject([{ value: 300 }])
  })

  test('of several powers of one chassis none is guessed', async () => {
    const resources = around('1')
    resources['/redfish/v1/Chassis/1/Power'] = {
      PowerControl: [
        { Name: 'System Power Control 1', PowerConsumedWatts: 300 },
        { Name: 'System Power Control 2', PowerConsumedWatts: 310 },
      ],
    }
    await expect(openAt(await bmcOf(resources))).rejects.toMatchObject({ code: 'REDFISH_CHASSIS' })
  })

  test('an enclosure of two systems feeds this host only if the user says so', async () => {
    const resources = recorded('dmtf-rackmount')
    const systems = ['437XR1138R2', '2'].map((id) => ({ '@odata.id': `/redfish/v1/Systems/${id}` }))
    resources['/redfish/v1/Systems'] = { Members: systems }
    resources['/redfish/v1/Systems/2'] = { Links: { Chassis: [{ '@odata.id': '/redfish/v1/Chassis/1U' }] } }
    const bmc = await bmcOf(resources)
    const [shared] = (await openAt(bmc, { sysRoot: sysRootOf(OWN_UUID) })).meter.domains
    expect(shared).not.toHaveProperty('feeds')
    expect(shared?.identity).toBe(`chassis:${new URL(bmc.address).host}/1U`)
    const told = await openAt(bmc, { options: { thisHost: true } })
    expect(told.meter.domains[0]?.feeds).toBe('this-host')
  })

  test.each([
    ['the same UUID', OWN_UUID, undefined, true, undefined],
    ['the same in upper case', OWN_UUID.toUpperCase(), undefined, true, undefined],
    ['the same with its bytes turned', '55759438-4277-4834-3784-823347823834', undefined, true, undefined],
    ['another UUID', '11111111-2222-3333-4444-555555555555', undefined, false, 'host-unknown'],
    ['no right to read it', undefined, undefined, false, 'host-unknown'],
    ['a board without one', '00000000-0000-0000-0000-000000000000', undefined, false, 'host-unknown'],
    ['the word of the user', undefined, true, true, undefined],
    ['the word of the user against it', OWN_UUID, false, false, undefined],
    ['the word of the user, doubted', '11111111-2222-3333-4444-555555555555', true, true, 'host-mismatch'],
  ])('%s', async (_, uuid, thisHost, feeds, code) => {
    const bmc = await bmcOf(recorded('dmtf-rackmount'))
    const { meter, said } = await openAt(bmc, {
      sysRoot: sysRootOf(uuid),
      options: thisHost === undefined ? {} : { thisHost },
    })
    expect(meter.domains.map((domain) => domain.feeds === 'this-host')).toEqual([feeds])
    const about = said.map((one) => one.code).filter((one) => one?.startsWith('host-'))
    expect(about).toEqual(code === undefined ? [] : [code])
  })
})

test('a BMC that shows no power says what it has', async () => {
  const bmc = await bmcOf(around('1', []))
  await expect(openAt(bmc)).rejects.toMatchObject({ outcome: 'retry', code: 'REDFISH_ABSENT' })
  expect(await probeAt(bmc)).toEqual({ available: true })
})
