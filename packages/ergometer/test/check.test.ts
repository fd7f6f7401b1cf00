import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { FIXTURES, STEADY, test } from './processes.ts'

/** In TypeScript, with options and a probe. */
const OUTLET = join(FIXTURES, 'outlet-meter.ts')
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

  test('knows a sound meter in TypeScript', async ({ place }) => {
    const { code, stdout } = await place.cli(['meters', 'check', '--json', `${OUTLET}={"watts":5}`])
    const cases: { id: string; result: string; why?: string }[] = JSON.parse(stdout.toString())
    expect(cases.filter(({ result }) => result === 'failed' || result === 'skipped')).toEqual([])
    expect(cases.find(({ id }) => id === 'import')).toMatchObject({ result: 'passed' })
    expect(code).toBe(0)
  })

  test('of options that are refused is one line, and no verdict', async ({ place }) => {
    const { code, stdout, stderr } = await place.cli(['meters', 'check', OUTLET])
    expect(code).toBe(2)
    expect(stdout.toString()).toBe('')
    expect(stderr).toBe("ergometer: meter 'outlet', options: watts: expected a number\n")
  })

  test('of what is not there is one line, and no verdict', async ({ place }) => {
    const name = `${OUTLET}={"watts":5,"absent":true}`
    const { code, stdout, stderr } = await place.cli(['meters', 'check', name])
    expect(code).toBe(1)
    expect(stdout.toString()).toBe('')
    expect(stderr).toBe(
      `ergometer: meter '${OUTLET}' is not available here, so nothing was checked: nothing is plugged in ('ergometer doctor --meter ${OUTLET}' tells more)\n`,
    )
  })

  test('of a short name names the package', async ({ place }) => {
    const folder = place.path('node_modules/@acme/ergometer-meter-pdu')
    mkdirSync(folder, { recursive: true })
    const manifest = { name: '@acme/ergometer-meter-pdu', keywords: ['ergometer-meter'] }
    writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest))
    const { code, stderr } = await place.cli(['meters', 'check', 'pdu'])
    expect(code).toBe(2)
    expect(stderr).toMatch(/did you mean @acme\/ergometer-meter-pdu\?\n$/)
  })

  test('of a meter that there is not is one line', async ({ place }) => {
    const { code, stderr } = await place.cli(['meters', 'check', 'nosuchmeter'])
    expect(code).toBe(2)
    expect(stderr.trim().split('\n')).toHaveLength(1)
    expect(stderr).toContain("'nosuchmeter' is unknown")
  })
})

test("a meter of somebody else's that is not there is one line with the next step, and not opened", async ({
  place,
}) => {
  const meter = `${OUTLET}={"watts":5,"absent":true}`
  const { code, stderr } = await place.cli(['run', '--meter', meter, '--', 'sleep', '0.3'])
  expect(code).toBe(0)
  const said = stderr.split('\n').filter((line) => line.startsWith('ergometer: '))
  expect(said).toEqual([
    `ergometer: meter '${OUTLET}': nothing is plugged in ('ergometer doctor --meter ${OUTLET}' tells more)`,
  ])
  const { health } = await place.stored()
  expect(health.map((one) => one.code)).toContain('meter-unavailable')
  expect(health.map((one) => one.message).join()).not.toContain('nevertheless')
})
