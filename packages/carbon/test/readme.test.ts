import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import * as carbon from '../src/index.ts'

test('the sample of the README prints what its comments say', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  const sample = readme.match(/```ts\n(.*?)```/s)?.[1] ?? ''
  const body = sample.replace(/^import (\{.*\}) from .*$/m, 'const $1 = carbon')
  const said = [...sample.matchAll(/\/\/ (.*)$/gm)].map((match) => match[1])
  const printed: string[] = []
  const log = (...values: unknown[]) => printed.push(values.map(String).join(' '))
  new Function('carbon', 'console', body)(carbon, { log })
  expect(printed).toEqual(said)
  expect(printed).toHaveLength(5)
})
