import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { createMeterPackage, meterPackage } from '../src/index.ts'

const place = mkdtempSync(join(tmpdir(), 'create-meter-'))
afterAll(() => rmSync(place, { recursive: true, force: true }))

describe('a name', () => {
  it.each([
    ['pdu', 'ergometer-meter-pdu', 'pdu', 'ergometer-meter-pdu'],
    ['ergometer-meter-pdu', 'ergometer-meter-pdu', 'pdu', 'ergometer-meter-pdu'],
    ['@acme/pdu', '@acme/ergometer-meter-pdu', 'pdu', 'ergometer-meter-pdu'],
    [
      '@acme/ergometer-meter-rack-pdu',
      '@acme/ergometer-meter-rack-pdu',
      'rack-pdu',
      'ergometer-meter-rack-pdu',
    ],
  ])('%s', (name, packageName, meterName, folder) => {
    expect(meterPackage(name)).toEqual({ packageName, meterName, folder })
  })

  it.each(['', 'PDU', '../pdu', '/etc', 'a b', '@acme', '@acme/', 'pdu/../../x', '5'])(
    '%j is none, and says what would be one',
    (name) => {
      expect(() => meterPackage(name)).toThrow(/is no name of a meter: expected/)
    },
  )
})

describe('a new package', () => {
  it('bears its names everywhere, and nothing of the template', () => {
    const folder = createMeterPackage(meterPackage('@acme/rack-pdu'), place)
    const read = (path: string) => readFileSync(join(folder, path), 'utf8')
    expect(readdirSync(folder).sort()).toEqual([
      ...['.github', '.gitignore', 'README.md', 'package.json', 'src', 'test', 'tsconfig.json'],
    ])
    const manifest = JSON.parse(read('package.json'))
    expect(manifest).toMatchObject({ name: '@acme/ergometer-meter-rack-pdu', keywords: ['ergometer-meter'] })
    expect(read('src/index.ts')).toContain("name: 'rack-pdu'")
    expect(read('src/index.ts')).toContain("code: 'RACK_PDU_UNREADABLE'")
    for (const path of ['package.json', 'README.md', 'src/index.ts', 'test/world.ts']) {
      expect(read(path)).not.toMatch(/my-meter|MY_METER/)
    }
  })

  it('leaves alone what is there', () => {
    const folder = join(place, 'ergometer-meter-taken')
    mkdirSync(folder)
    writeFileSync(join(folder, 'mine'), 'mine')
    expect(() => createMeterPackage(meterPackage('taken'), place)).toThrow(/is not empty/)
    expect(readdirSync(folder)).toEqual(['mine'])
    expect(existsSync(join(place, 'package.json'))).toBe(false)
  })
})
