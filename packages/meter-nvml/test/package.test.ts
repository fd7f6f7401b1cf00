import { execFile, execFileSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { describeSimulated } from '../../node-nvml/test/describe-simulated.ts'
import { SimulatedNvml } from '../../node-nvml/test/simulated-nvml.ts'
import { uuid } from './worlds.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
if (!existsSync(join(root, 'dist/index.js')))
  throw new Error(`${root}dist is missing: build first, with 'npm test' or 'npm run build'`)

// A project with this package as npm would publish it, its scripts ignored, and with what it depends on.
const project = mkdtempSync(join(tmpdir(), 'meter-nvml-project-'))
const scope = join(project, 'node_modules/@ergometer')
const installed = join(scope, 'meter-nvml')
afterAll(() => rmSync(project, { recursive: true }))

beforeAll(() => {
  execFileSync('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', project], {
    cwd: root,
    shell: process.platform === 'win32',
  })
  const tarball = readdirSync(project).find((name) => name.endsWith('.tgz')) as string
  mkdirSync(installed, { recursive: true })
  execFileSync('tar', ['-xzf', join(project, tarball), '-C', installed, '--strip-components=1'])
  for (const name of ['meter', 'node-nvml']) {
    symlinkSync(fileURLToPath(new URL(`../../${name}`, import.meta.url)), join(scope, name), 'junction')
  }
}, 60_000)

async function run(name: string, code: string, env: Record<string, string> = {}): Promise<string> {
  const file = join(project, name)
  writeFileSync(file, code)
  const { NODE_OPTIONS: _, ...rest } = process.env
  const { stdout } = await promisify(execFile)(process.execPath, [file], { env: { ...rest, ...env } })
  return stdout.trim()
}

describe('the tarball', () => {
  test('holds the build, and nothing that runs when it is installed', () => {
    const manifest = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'))
    expect(manifest.scripts).toBeUndefined()
    expect(Object.keys(manifest.dependencies)).toEqual(['@ergometer/meter', '@ergometer/node-nvml'])
    expect(readdirSync(installed).sort()).toEqual(['README.md', 'dist', 'package.json'])
  })

  test('can be imported, required and asked without loading native code', async () => {
    const code = `
      import { createRequire } from 'node:module'
      import nvml from '@ergometer/meter-nvml'
      import { definitionOf, realContext } from '@ergometer/meter'
      const required = createRequire(import.meta.url)('@ergometer/meter-nvml')
      const { available } = await definitionOf(nvml).probe({}, realContext({ procRoot: '/nowhere' }))
      const { sharedObjects } = process.report.getReport()
      console.log(nvml.meterName, required.nvml().meter, typeof available, sharedObjects.some((file) => /koffi/.test(file)))`
    expect(await run('lazy.mjs', code)).toBe('nvml nvml boolean false')
  })
})

describeSimulated('the installed package', () => {
  let world: SimulatedNvml
  beforeAll(() => {
    world = new SimulatedNvml()
  })
  afterAll(() => world[Symbol.dispose]())

  test('is opened in a process of its own, and reads', async () => {
    const code = `
      import { openIsolated } from '@ergometer/meter'
      const meter = await openIsolated({ module: import.meta.resolve('@ergometer/meter-nvml') })
      const { readings } = await meter.read(5)
      await meter.close()
      console.log(meter.domains[0].id, readings[0].value > 0)`
    const output = await run('open.mjs', code, { ERGOMETER_NVML_LIBRARY: world.library })
    expect(output).toBe(`${uuid(0)} true`)
  })
})
