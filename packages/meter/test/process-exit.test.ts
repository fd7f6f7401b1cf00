import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { fixturePath, waitForEnd } from './fixture.ts'

/** Runs a program to its end; what it printed, line by line. Fails by the test's own timeout if it does not end. */
async function run(...args: string[]): Promise<{ code: number; lines: string[] }> {
  const child = spawn(process.execPath, [fixturePath('leave-open.mjs'), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    text += part
  })
  const [code] = await once(child, 'close')
  return { code, lines: text.trim().split('\n') }
}

test('a process that closed its meters can end', async () => {
  const { code, lines } = await run('close')
  expect(code).toBe(0)
  expect(lines.slice(0, 2)).toEqual(['7', '7'])
  await waitForEnd(Number(lines[2]))
})

test('a process that closed none of them can end too, and takes them with it', async () => {
  const { code, lines } = await run('leave')
  expect(code).toBe(0)
  await waitForEnd(Number(lines[2]))
})

test('a child whose loop is blocked ends with its parent', async () => {
  const { code, lines } = await run('block')
  expect(code).toBe(0)
  await waitForEnd(Number(lines[3]))
})
