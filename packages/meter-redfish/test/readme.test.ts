import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { MeterReference } from '@ergometer/meter'
import { expect, test } from 'vitest'
import redfish from '../src/index.ts'
import { redfishOptions } from '../src/redfish-options.ts'
import { recorded } from './fake-bmc.ts'
import { bmcOf, openAt, readOnce } from './open-bmc.ts'

const file = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8')
const readme = file('../README.md')
const block = (language: string) =>
  new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'ms').exec(readme)?.[1] ?? ''

test('its program meters a BMC', async () => {
  const bmc = await bmcOf(recorded('dmtf-rackmount'), true)
  // Stands for the recorder: it opens what it is given, and reads it once.
  const startRun = async ({ meters }: { meters: [string, MeterReference] }) => {
    const given = meters[1].options as Record<string, unknown>
    expect(given['caFile']).toBe('bmc.pem')
    const caFile = fileURLToPath(new URL('certificate/bmc.pem', import.meta.url))
    const { meter } = await openAt(bmc, { options: { ...given, caFile } })
    const [reading] = await readOnce(meter)
    return { end: async () => ({ energy: { joules: reading?.value } }) }
  }
  const printed: unknown[] = []
  const body = block('js').replaceAll(/^import .*\n/gm, '')
  const program = new Function(
    'redfish',
    'startRun',
    'process',
    'console',
    `return (async () => {${body}})()`,
  )
  const world = [{ env: { BMC_ADDRESS: bmc.address } }, { log: (joules: unknown) => printed.push(joules) }]
  await program(redfish, startRun, ...world)
  expect(printed).toEqual([374])
})

test('its command has options that there are', async () => {
  const [, json = ''] = /--meter 'redfish=(\{.*?\})'/.exec(block('sh')) ?? []
  expect(await redfishOptions['~standard'].validate(JSON.parse(json))).not.toHaveProperty('issues')
})

test('its table has every option', () => {
  const source = file('../src/redfish-options.ts')
  const body = /export interface RedfishOptions \{(.*?)\n\}/s.exec(source)?.[1] ?? ''
  const options = [...body.matchAll(/readonly (\w+)\??:/g)].map(([, name]) => name)
  const table = readme.slice(readme.indexOf('| option')).split('\n\n')[0] ?? ''
  const cells = table.split('\n').map((row) => row.split('|')[1] ?? '')
  expect(cells.flatMap((cell) => cell.match(/(?<=`)\w+(?=`)/g) ?? [])).toEqual(options)
})

test('its table of errors has the codes that there are', () => {
  const folder = new URL('../src/', import.meta.url)
  const sources = readdirSync(folder).map((name) => readFileSync(new URL(name, folder), 'utf8'))
  const codes = (text: string) => [...new Set(text.match(/(?<=code: ')REDFISH_[A-Z]+/g))].sort()
  const rows = [...readme.matchAll(/^\| `(REDFISH_[A-Z]+)`/gm)].map(([, code]) => code)
  expect(rows.sort()).toEqual(codes(sources.join('\n')))
})
