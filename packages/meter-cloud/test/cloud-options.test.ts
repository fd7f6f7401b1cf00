import { definitionOf, parseOptions, realContext } from '@ergometer/meter'
import { describe, expect, it } from 'vitest'
import cloud from '../src/index.ts'

const definition = definitionOf(cloud)
const AWS = { provider: 'aws', instanceId: 'i-0123456789abcdef0' }

describe('options of the meter', () => {
  it.each([
    [{}],
    [AWS],
    [
      {
        ...AWS,
        region: 'eu-west-1',
        instanceType: 'p4d.24xlarge',
        endpoint: 'http://127.0.0.1:5000',
        period: 300,
      },
    ],
    [
      {
        provider: 'aws',
        trainingJob: 'mnist-1',
        instanceType: 'ml.g4dn.12xlarge',
        instanceCount: 2,
        profile: 'dev',
      },
    ],
    [{ provider: 'gcp', project: 'my-project', instanceId: '4520031799277581759' }],
    [
      {
        provider: 'azure',
        resourceId:
          '/subscriptions/b324c52b-4073-4807-93af-e07d289c093e/resourceGroups/a/providers/Microsoft.Compute/virtualMachines/b',
      },
    ],
  ])('take %j', async (options) => {
    expect(await parseOptions(definition, options)).toEqual(options)
  })

  it.each([
    [{ provider: 'ibm' }, 'provider: expected one of aws, gcp, azure'],
    [{ instanceId: AWS.instanceId }, 'provider: expected one of'],
    [[], 'expected an object'],
    [{ provider: 'aws' }, 'expected either instanceId or trainingJob'],
    [{ ...AWS, trainingJob: 'x' }, 'expected either instanceId or trainingJob'],
    [{ ...AWS, accessKeyId: 'SECRET' }, 'unknown: accessKeyId'],
    [{ ...AWS, instanceId: 'SECRET' }, 'instanceId: expected an instance id'],
    [{ ...AWS, endpoint: 'https://user:SECRET@host' }, 'endpoint: expected http[s]://HOST'],
    [{ ...AWS, endpoint: 'file:///SECRET' }, 'endpoint: expected http[s]://HOST'],
    [{ ...AWS, period: 90 }, 'period: expected a multiple of 60'],
    [{ ...AWS, period: 0 }, 'period: expected seconds from 60 on'],
    [{ ...AWS, region: 'SECRET/..' }, 'region: expected a region'],
    [{ provider: 'aws', trainingJob: 'a/SECRET' }, 'trainingJob: expected the name of a training job'],
  ])('refuse %j, and do not repeat it', async (options, expected) => {
    const refused = parseOptions(definition, options)
    await expect(refused).rejects.toMatchObject({ code: 'METER_OPTIONS_INVALID' })
    await expect(refused).rejects.toThrow(expected)
    await expect(refused).rejects.not.toThrow('SECRET')
  })

  it('are needed off the clouds', async () => {
    const context = realContext({ sysRoot: '/nowhere', env: {} })
    await expect(Promise.resolve(definition.open({}, context))).rejects.toMatchObject({
      code: 'CLOUD_PLACE_UNKNOWN',
      outcome: 'fatal',
      message: expect.stringContaining('expected options: cloud={"provider"'),
    })
  })
})
