import { execFileSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { type ImportModule, loadMeter, probeIsolated } from '../src/index.ts'
import { CHILD, fixture } from './fixture.ts'

describe('a module', () => {
  /** What loading in a process of its own says: Node's own loader, not the test runner's. */
  async function why(file: string, meter?: string): Promise<string> {
    const reference = { module: fixture(file), ...(meter ? { meter } : {}) }
    const { availability } = await probeIsolated(reference, { program: CHILD })
    return availability.available ? 'available' : availability.why
  }

  test.each([
    ['that does not exist', 'none.mjs', /none\.mjs: cannot be loaded: Cannot find module/],
    ['with a syntax error', 'broken-syntax.mjs', /broken-syntax\.mjs: cannot be loaded: Unexpected token/],
    ['that throws', 'throws.mjs', /throws\.mjs: cannot be loaded: no driver$/],
    [
      'without a meter',
      'no-meter.mjs',
      /no-meter\.mjs: expected exactly one meter .* found none: export default defineMeter\(import.meta.url, …\)$/,
    ],
    [
      'with two meters',
      'two-meters.mjs',
      /two-meters\.mjs: expected exactly one meter .* found first, second$/,
    ],
    [
      'for another version',
      'other-version.mjs',
      /^meter 'later' speaks version 2 of the meter contract, expected 1/,
    ],
    [
      'in CommonJS with two meters',
      'common.cjs',
      /common\.cjs: expected exactly one meter .* found common, other$/,
    ],
  ])('%s', async (_, file, expected) => {
    expect(await why(file)).toMatch(expected)
  })

  test.each([
    ['two-meters.mjs', 'second'],
    ['common.cjs', 'other'],
  ])('of several meters yields the one that is named: %s', async (file, meter) => {
    expect(await why(file, meter)).toBe('available')
  })

  test('can be CommonJS: the contract can be required', () => {
    const program = `const { defineMeter } = require('@ergometer/meter')
      console.log(defineMeter('file:///a.cjs', { name: 'required', open() {} }).meterName)`
    const printed = execFileSync(process.execPath, ['--no-warnings', '-e', program], {
      cwd: new URL('.', CHILD),
    })
    expect(printed.toString().trim()).toBe('required')
  })
})

describe('loading', () => {
  test('yields the definition and the accepted options', async () => {
    const loaded = await loadMeter({ module: fixture('plug.mjs'), meter: 'plug', options: { watts: 7 } })
    expect(loaded).toMatchObject({ definition: { name: 'plug', interval: 0.5 }, options: { watts: 7 } })
  })

  test.each<[string, ImportModule]>([
    [
      'throws',
      () => {
        throw new Error('no translator')
      },
    ],
    ['rejects', () => Promise.reject(new Error('no translator'))],
  ])('meets an importer that %s', async (_, importModule) => {
    await expect(loadMeter({ module: 'file:///a.ts' }, importModule)).rejects.toMatchObject({
      message: 'file:///a.ts: cannot be loaded: no translator',
      code: 'METER_NOT_LOADED',
      outcome: 'fatal',
    })
  })
})
