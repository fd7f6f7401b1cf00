import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { codeBlock, document, Scratch } from './samples.ts'

const text = document('docs/writing-a-meter.md')
const BUSY = { timeout: 60_000 }
let scratch: Scratch

beforeEach(() => {
  scratch = new Scratch()
})
afterEach(() => scratch[Symbol.dispose]())

describe('docs/writing-a-meter.md', BUSY, () => {
  test('its file is a meter, which its commands run', async () => {
    scratch.file('watts.mjs', codeBlock(text, 'js', "name: 'watts'"))
    const { code, stdout, stderr } = await scratch.shell(codeBlock(text, 'sh', 'WATTS_FILE=outlet.txt'))
    expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining('watts:outlet') })
    expect(stdout).toContain('watts:outlet')
    expect(stdout).toContain('./watts.mjs: conformant')
    const { energy, run } = await scratch.report()
    expect(energy.joules).toBeCloseTo(120 * run.seconds * energy.coverage, 0)
  })

  test('what it pushes from a shell is metered', async () => {
    scratch.file('push.sh', codeBlock(text, 'sh', 'events='))
    await scratch.shell('ergometer run --meter estimate -- sh push.sh')
    const { energy } = await scratch.report()
    expect(energy.domains.find(({ id }) => id === 'push:board')?.meanWatts).toBeCloseTo(40, 1)
  })

  test('its pushed readings are metered', async () => {
    scratch.file('push.mjs', codeBlock(text, 'js', "startRun({ meters: ['estimate'] })"))
    const { stdout } = await scratch.run(process.execPath, ['push.mjs'])
    expect(Number(stdout)).toBeCloseTo(40, 1)
  })
})
