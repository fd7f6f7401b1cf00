import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import * as carbon from '../src/index.ts'
import { intensitySources } from '../src/sources.ts'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const samples = [...readme.matchAll(/```ts\n(.*?)```/gs)].map(([, sample]) => sample as string)
const AsyncFunction = (async () => {}).constructor as FunctionConstructor

test.each([
  [0, 5],
  [1, 2],
])('sample %i of the README prints what its %i comments say', async (index, lines) => {
  const sample = samples[index] ?? ''
  const body = sample
    .replace(/^import (\{[^}]*\}) from .*$/m, 'const $1 = carbon')
    .replaceAll('import.meta.url', '"file:///sample.js"')
  const said = [...sample.matchAll(/\/\/ (.*)$/gm)].map((match) => match[1])
  const printed: string[] = []
  const log = (...values: unknown[]) => printed.push(values.map(String).join(' '))
  await new AsyncFunction('carbon', 'console', body)(carbon, { log })
  expect(printed).toEqual(said)
  expect(printed).toHaveLength(lines)
})

test('the table of sources has every source', () => {
  const table = readme.split('\n## Sources\n')[1]?.split('\n## ')[0] ?? ''
  const named = [...table.matchAll(/^\| `([a-z-]+)`/gm)].map(([, name]) => name)
  expect(named).toEqual(intensitySources.map(({ sourceName }) => sourceName))
})
