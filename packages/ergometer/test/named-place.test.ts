import { describe, expect, it } from 'vitest'
import type { MeterRequest } from '../src/meter-request.ts'
import { namedPlace, placeOfRun } from '../src/named-place.ts'

const HERE = { provider: 'aws', region: 'us-west-2', instanceId: 'i-0aaaaaaaa', instanceType: 'p4d.24xlarge' }
const DUBLIN = { provider: 'aws', region: 'eu-west-1', instanceId: 'i-0bbbbbbbb', instanceType: 'p3.2xlarge' }
const LAB =
  '/subscriptions/b324c52b-4073-4807-93af-e07d289c093e/resourceGroups/training/providers/Microsoft.MachineLearningServices/workspaces/lab'

function cloud(options?: unknown): MeterRequest {
  return { name: 'cloud', builtin: 'cloud', required: true, options }
}

function placeNamed(...options: unknown[]): ReturnType<typeof namedPlace> {
  return namedPlace(options.map(cloud), undefined)
}

describe('the place that meters name', () => {
  it('is that of the machine or job which they look at', () => {
    expect(placeNamed({ ...DUBLIN, endpoint: 'http://127.0.0.1:9' })).toEqual(DUBLIN)
    const zone = 'europe-west4-b'
    expect(
      placeNamed({ provider: 'gcp', project: 'lab', job: '77', zone, instanceType: 'a2-highgpu-1g' }),
    ).toEqual({
      ...{ provider: 'gcp', region: 'europe-west4', zone, account: 'lab' },
    })
    expect(placeNamed({ provider: 'azure', workspace: LAB, runId: 'run', region: 'westeurope' })).toEqual({
      provider: 'azure',
      region: 'westeurope',
      account: 'b324c52b-4073-4807-93af-e07d289c093e',
    })
    const factory: MeterRequest = {
      name: 'cloud',
      module: 'file:///c.js',
      meter: 'cloud',
      required: true,
      options: DUBLIN,
    }
    expect(namedPlace([factory], undefined)).toEqual(DUBLIN)
  })

  it('is in the region of the settings of AWS, for AWS alone', () => {
    expect(namedPlace([cloud({ provider: 'aws', instanceId: 'i-0aaaaaaaa' })], 'eu-north-1')).toMatchObject({
      region: 'eu-north-1',
    })
    expect(
      namedPlace([cloud({ provider: 'gcp', project: 'lab', instanceId: '7' })], 'eu-north-1'),
    ).not.toHaveProperty('region')
  })

  it('is what several resources have in common', () => {
    expect(placeNamed(DUBLIN, { ...DUBLIN, instanceId: 'i-0aaaaaaaa' })).toEqual({
      provider: 'aws',
      region: 'eu-west-1',
    })
    expect(placeNamed(DUBLIN, HERE)).toBe('several')
  })

  it('is none where nothing is named', () => {
    expect(placeNamed()).toBeUndefined()
    expect(placeNamed(undefined, {}, null, 'aws', { provider: 7 })).toBeUndefined()
    expect(
      namedPlace([{ name: 'nvml', builtin: 'nvml', required: true, options: DUBLIN }], 'x'),
    ).toBeUndefined()
  })
})

describe('the place of a run', () => {
  it('is that of this machine only where nothing else is named', () => {
    expect(placeOfRun(undefined, HERE)).toEqual(HERE)
    expect(placeOfRun(DUBLIN, HERE)).toEqual(DUBLIN)
    expect(placeOfRun({ provider: 'gcp', instanceId: '7' }, HERE)).toBeUndefined()
    expect(placeOfRun('several', HERE)).toBeUndefined()
  })

  it('has what this machine knows of itself, where it is named', () => {
    const { provider, instanceId } = HERE
    expect(placeOfRun({ provider, instanceId }, HERE)).toEqual(HERE)
  })
})
