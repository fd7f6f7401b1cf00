import { execFile } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Report } from '../packages/core/src/index.ts'
import { root } from './samples.ts'

// A project outside of this repository, which has nothing of it but what npm would bring.

const place = mkdtempSync(join(tmpdir(), 'ergometer-out-of-tree-'))
const project = join(place, 'ergometer-meter-outlet')
const modules = join(project, 'node_modules')
const run = promisify(execFile)

/** Development tools, and what our packages depend on: the registry would bring the same. */
const FROM_WORKSPACE = [
  'node_modules/typescript',
  'node_modules/vitest',
  'node_modules/@types/node',
  'packages/ergometer/node_modules/zod',
  'packages/ergometer/node_modules/jiti',
  'packages/node-nvml/node_modules/koffi',
]

afterAll(() => rmSync(place, { recursive: true, force: true }))

beforeAll(async () => {
  const tarballs = join(place, 'tarballs')
  const { pnpm } = await import(new URL('../scripts/setup.mjs', import.meta.url).href)
  expect(
    pnpm(['--recursive', '--filter=./packages/*', 'pack', '--pack-destination', tarballs], { quiet: true }),
  ).toBe(0)
  for (const tarball of readdirSync(tarballs)) {
    const folder = join(place, 'unpacked', tarball)
    mkdirSync(folder, { recursive: true })
    await run('tar', ['-xzf', join(tarballs, tarball), '-C', folder, '--strip-components=1'])
  }
  const packages = readdirSync(join(place, 'unpacked')).map((name) => join(place, 'unpacked', name))
  const nameOf = (folder: string): string =>
    JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).name
  const creator = packages.find((folder) => nameOf(folder) === 'create-ergometer-meter') as string
  await run(process.execPath, [join(creator, 'dist/cli.js'), 'outlet'], { cwd: place })
  const install = (from: string, name: string) => {
    mkdirSync(dirname(join(modules, name)), { recursive: true })
    symlinkSync(from, join(modules, name))
  }
  // Packages find each other beside themselves, as npm would lay them out.
  for (const folder of packages) {
    const name = nameOf(folder)
    mkdirSync(join(modules, name), { recursive: true })
    await run('cp', ['-R', `${folder}/.`, join(modules, name)])
  }
  for (const path of FROM_WORKSPACE) install(join(root, path), path.replace(/^.*node_modules\//, ''))
}, 120_000)

const node = (args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
  run(process.execPath, [...args], { cwd: project, env: { ...process.env, ...env } })

describe('a package made by npm create ergometer-meter', { timeout: 120_000 }, () => {
  test('builds, and passes the conformance cases of the packed kit', async () => {
    await node([join(modules, 'typescript/bin/tsc')])
    const { stdout } = await node([join(modules, 'vitest/vitest.mjs'), 'run', '--reporter=json'])
    const results = JSON.parse(stdout.slice(stdout.indexOf('{"')))
    expect(results).toMatchObject({ success: true, numFailedTests: 0 })
    expect(results.numPassedTests).toBeGreaterThan(20)
  })

  test('is listed, checked and used by the packed ergometer', async () => {
    await node([join(modules, 'typescript/bin/tsc')])
    const watts = join(project, 'watts.txt')
    writeFileSync(watts, '250')
    // As its users have it: installed beside ergometer.
    const user = join(place, 'user')
    mkdirSync(user)
    symlinkSync(modules, join(user, 'node_modules'))
    symlinkSync(project, join(modules, 'ergometer-meter-outlet'))
    const cli = (args: readonly string[]) =>
      run(process.execPath, [join(modules, 'ergometer/dist/cli.js'), ...args], { cwd: user })
    const listed = JSON.parse((await cli(['meters', '--json'])).stdout)
    expect(listed).toContainEqual(
      expect.objectContaining({ name: 'ergometer-meter-outlet', installed: true }),
    )
    const meter = `ergometer-meter-outlet={"file":"${watts}"}`
    expect((await cli(['meters', 'check', meter])).stdout).toContain('conformant')
    await cli(['run', '--interval', '0.1', '--meter', meter, '--', 'sleep', '1'])
    const report: Report = JSON.parse((await cli(['report', '--json'])).stdout)
    expect(report.energy.domains).toMatchObject([{ id: 'outlet:outlet', counted: true, method: 'measured' }])
    // A journal tells the energy of a run to 0.002 J a domain.
    const { meanWatts = 0 } = report.energy.domains[0] ?? {}
    expect(Math.abs(meanWatts - 250) * report.run.seconds).toBeLessThan(0.002)
  })
})
