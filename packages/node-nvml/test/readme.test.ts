import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { CALLS } from '../src/call-table.ts'
import { Device } from '../src/device.ts'
import { Nvml } from '../src/nvml.ts'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const [calls = ''] = readme.split('\n## Calls\n').slice(1)
const tables = calls.split('\n## ')[0] ?? ''

/** Code in the column of a table's rows. */
function column(index: number): string[] {
  const cells = [...tables.matchAll(/^\|.*\|$/gm)].map(([row]) => row.split('|')[index + 1] ?? '')
  return cells.flatMap((cell) => [...cell.matchAll(/`(\w+)(?:\(\w*\))?`/g)].map(([, name]) => name as string))
}

test('its tables have every call, and no other', () => {
  const methods = [Nvml, Device].flatMap(({ prototype }) => Object.getOwnPropertyNames(prototype))
  expect(column(0).sort()).toEqual([...methods.filter((name) => name !== 'constructor'), 'library'].sort())
})

test('its tables have every function of NVML that is bound', () => {
  expect(column(1).sort()).toEqual([...Object.keys(CALLS), 'nvmlErrorString'].sort())
})
