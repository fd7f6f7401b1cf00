import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { IntensityCurve, openIntensitySource } from '../src/index.ts'
import { csvSource } from '../src/sources.ts'
import { at, fakeWorld } from './fake-world.ts'

const folder = mkdtempSync(join(tmpdir(), 'intensity-'))
afterAll(() => rmSync(folder, { recursive: true }))
const path = join(folder, 'grid.csv')

function open(text: string, options: object = {}) {
  writeFileSync(path, text)
  return openIntensitySource(csvSource, { path, ...options }, fakeWorld([]))
}

const HEADER = 'time,gramsPerKilowattHour\n'

test('each row holds until the next, and the last one holds on', async () => {
  const rows = ['2024-03-05T12:00:00Z,100', '2024-03-06T01:00:00+01:00,50', '2024-03-06T12:00:00Z,0']
  const source = await open(`${HEADER}${rows.join('\n')}\n`)
  const from = at('2024-03-05T23:00:00Z')
  const curve = new IntensityCurve(source, await source.history(from, from + 2 * 86_400))
  const figure = (time: string) => curve.at(at(time))?.gramsPerKilowattHour
  expect(figure('2024-03-05T11:59:59Z')).toBeUndefined()
  expect(figure('2024-03-05T23:59:59Z')).toBe(100)
  expect(figure('2024-03-06T00:00:00Z')).toBe(50)
  expect(figure('2024-03-06T12:00:00Z')).toBe(0)
  expect(figure('2031-01-01T00:00:00Z')).toBe(0)
  expect(await source.latest()).toMatchObject({ gramsPerKilowattHour: 0, from: at('2024-03-06T12:00:00Z') })
})

test('a row without a figure is a gap', async () => {
  const source = await open(
    `${HEADER}2024-03-06T00:00:00Z,100\n2024-03-06T01:00:00Z,\n2024-03-06T02:00:00Z,7\n`,
  )
  const curve = new IntensityCurve(
    source,
    await source.history(at('2024-03-06T00:00:00Z'), at('2024-03-06T03:00:00Z')),
  )
  expect(curve.gaps(at('2024-03-06T00:00:00Z'), at('2024-03-06T03:00:00Z'))).toEqual([
    { from: at('2024-03-06T01:00:00Z'), to: at('2024-03-06T02:00:00Z') },
  ])
})

test('says what it was told to be, by default a lifecycle average of the run’s zone', async () => {
  expect(await open(HEADER)).toMatchObject({ kind: 'average', basis: 'lifecycle' })
  expect(await open(HEADER, { kind: 'marginal', basis: 'direct', zone: 'FR' })).toMatchObject({
    kind: 'marginal',
    basis: 'direct',
    zone: 'FR',
  })
})

test('both hours that autumn calls 02:00 are told apart by their offsets', async () => {
  const rows = [
    '2024-10-27T02:00:00+02:00,10',
    '2024-10-27T02:00:00+01:00,20',
    '2024-10-27T03:00:00+01:00,30',
  ]
  const source = await open(HEADER + rows.join('\r\n'))
  const steps = await source.history(at('2024-10-27T00:00:00Z'), at('2024-10-27T02:00:00Z'))
  expect(steps.map(({ from, to = 0 }) => to - from)).toEqual([3600, 3600])
})

describe('refused, with the line', () => {
  test.each([
    ['a local time', `${HEADER}2024-10-27T02:00:00,10\n`, 'line 2: expected an ISO 8601 time with its zone'],
    ['a day', `${HEADER}2024-10-27,10\n`, 'line 2: expected an ISO 8601 time with its zone'],
    ['a day that is none', `${HEADER}2024-13-27T00:00:00Z,10\n`, 'line 2: expected an ISO 8601 time'],
    [
      'disorder',
      `${HEADER}2024-10-27T02:00:00Z,1\n2024-10-27T01:00:00Z,1\n`,
      'line 3: expected a later time',
    ],
    [
      'a time twice',
      `${HEADER}2024-10-27T02:00:00Z,1\n\n2024-10-27T02:00:00Z,1\n`,
      'line 4: expected a later time',
    ],
    ['less than 0', `${HEADER}2024-10-27T02:00:00Z,-1\n`, 'line 2: expected g/kWh, at least 0'],
    ['words', `${HEADER}2024-10-27T02:00:00Z,low\n`, 'line 2: expected g/kWh, at least 0'],
    ['hexadecimal', `${HEADER}2024-10-27T02:00:00Z,0x10\n`, 'line 2: expected g/kWh, at least 0'],
    ['infinity', `${HEADER}2024-10-27T02:00:00Z,1e999\n`, 'line 2: expected g/kWh, at least 0'],
    ['another unit', `${HEADER}2024-10-27T02:00:00Z,320000\n`, 'line 2: 320000 g/kWh, expected at most 5000'],
    ['a decimal comma', `${HEADER}2024-10-27T02:00:00Z,12,5\n`, 'line 2: expected two cells'],
    [
      'another header',
      'time;gramsPerKilowattHour\n',
      'line 1: expected the header time,gramsPerKilowattHour',
    ],
    ['nothing', '', 'line 1: expected the header'],
  ])('%s', async (_, text, message) => {
    const error = await open(text).catch((thrown) => thrown)
    expect(error).toMatchObject({
      code: 'CSV_INVALID',
      message: expect.stringContaining(`${path}, ${message}`),
    })
  })

  test('a file that is not there, and a folder', async () => {
    for (const other of [join(folder, 'none.csv'), folder]) {
      const error = openIntensitySource(csvSource, { path: other }, fakeWorld([]))
      await expect(error).rejects.toMatchObject({
        code: 'CSV_INVALID',
        message: expect.stringContaining(other),
      })
    }
  })
})

test('a byte order mark, CRLF and quotes do no harm', async () => {
  const source = await open('\uFEFFtime,gramsPerKilowattHour\r\n"2024-10-27T02:00:00Z","1.5e2"\r\n')
  expect(await source.history(at('2024-10-27T02:00:00Z'), at('2024-10-27T03:00:00Z'))).toMatchObject([
    { gramsPerKilowattHour: 150 },
  ])
})
