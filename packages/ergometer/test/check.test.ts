import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { FIXTURES, STEADY, test } from './processes.ts'

const TOLD = join(FIXTURES, 'told-meter.mjs')

describe.concurrent('ergometer meters check', { timeout: 60_000 }, () => {
  test('prints a verdict of each case, and ends with 0', async ({ place }) => {
    const env = { TOLD_WATTS: place.write('watts', '50') }
    const { code, stdout } = await place.cli(['meters', 'check', TOLD], { env })
    const text = stdout.toString()
    expect(text).toMatch(/^✓ opens · opens$/m)
    expect(text).toMatch(/conformant, \d\d passed, 0 failed/)
    expect(code).toBe(0)
  })

  test('finds the fault of one that is not conformant, and ends with 1', async ({ place }) => {
    const { code, stdout } = await place.cli(['meters', 'check', '--json', STEADY])
    const cases: { id: string; result: string; why?: string }[] = JSON.parse(stdout.toString())
    const failed = cases.filter(({ result }) => result === 'failed')
    // It takes whatever options it is given.
    expect(failed.map(({ id }) => id)).toContain('options-unknown')
    for (const { why } of failed) expect(why).toMatch(/^.+$/)
    expect(code).toBe(1)
  })

  test('of a meter that there is not is one line', async ({ place }) => {
    const { code, stderr } = await place.cli(['meters', 'check', 'nosuchmeter'])
    expect(code).toBe(2)
    expect(stderr.trim().split('\n')).toHaveLength(1)
    expect(stderr).toContain("'nosuchmeter' is unknown")
  })
})
