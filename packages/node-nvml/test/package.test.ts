import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { describeSimulated } from './describe-simulated.ts'
import { SimulatedNvml } from './simulated-nvml.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
if (!existsSync(join(root, 'dist/index.js')))
  throw new Error(`${root}dist is missing: build first, with 'npm test' or 'npm run build'`)

const readme = readFileSync(join(root, 'README.md'), 'utf8')
const [example, fields] = [...readme.matchAll(/^```js\n(.*?)^```$/gms)].map(([, code]) => code as string)

const project = mkdtempSync(join(tmpdir(), 'node-nvml-project-'))
const installed = join(project, 'node_modules/@ergometer/node-nvml')
afterAll(() => rmSync(project, { recursive: true }))

beforeAll(() => {
  const [tarball] = pack()
  mkdirSync(installed, { recursive: true })
  execFileSync('tar', ['-xzf', join(project, tarball as string), '-C', installed, '--strip-components=1'])
  // What the workspace installed of koffi, whose script did not run there either.
  symlinkSync(realpathSync(join(root, 'node_modules/koffi')), join(project, 'node_modules/koffi'))
}, 60_000)

/** What npm would publish, without scripts. */
function pack(): string[] {
  execFileSync('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', project], {
    cwd: root,
    shell: process.platform === 'win32',
  })
  return readdirSync(project).filter((name) => name.endsWith('.tgz'))
}

function write(name: string, code: string): string {
  writeFileSync(join(project, name), code)
  return join(project, name)
}

/** The environment of a program that finds no library but the one that it is told of. */
function environment(more: Record<string, string> = {}): NodeJS.ProcessEnv {
  const {
    ERGOMETER_NVML_LIBRARY: _library,
    LD_LIBRARY_PATH: _path,
    NODE_OPTIONS: _options,
    ...env
  } = process.env
  return { ...env, ...more }
}

async function run(file: string, env: Record<string, string> = {}): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [file], { env: environment(env) })
  return stdout.trim()
}

const FAILING = `.catch((error) => console.log(error.code, error.name, error.function, error.message.split('\\n').length))`

describe('the tarball', () => {
  test('holds the build, and nothing that runs when it is installed', () => {
    const manifest = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'))
    expect(manifest.scripts).toBeUndefined()
    expect(Object.keys(manifest.dependencies)).toEqual(['koffi'])
    expect(readdirSync(installed).sort()).toEqual(['README.md', 'dist', 'package.json'])
    // koffi cannot be bundled: it looks for its native part beside itself.
    expect(readFileSync(join(installed, 'dist/index.js'), 'utf8')).toMatch(/import\(['"]koffi['"]\)/)
  })

  test('can be imported without koffi, which is loaded when it is needed', async () => {
    const code = `
      import { openNvml, FIELD } from '@ergometer/node-nvml'
      const isLoaded = () => process.report.getReport().sharedObjects.some((file) => /koffi/.test(file))
      console.log(FIELD.energy, isLoaded())
      await openNvml({ library: '/nowhere' })${FAILING}
      console.log(isLoaded())`
    const output = await run(write('lazy.mjs', code))
    expect(output.split('\n')).toEqual(['191 false', '12 LIBRARY_NOT_FOUND nvmlInit_v2 1', 'true'])
  })

  test('says in one line that koffi is not there', async () => {
    const alone = mkdtempSync(join(tmpdir(), 'node-nvml-alone-'))
    try {
      copyFileSync(join(installed, 'dist/index.js'), join(alone, 'index.mjs'))
      const code = `import { openNvml } from './index.mjs'\nopenNvml()${FAILING}`
      writeFileSync(join(alone, 'program.mjs'), code.replace('error.function', 'error.message'))
      expect(await run(join(alone, 'program.mjs'))).toMatch(
        /^12 LIBRARY_NOT_FOUND nvmlInit_v2: koffi cannot be loaded: Cannot find package 'koffi'.* 1$/,
      )
    } finally {
      rmSync(alone, { recursive: true })
    }
  })
})

describeSimulated('the installed package', () => {
  let world: SimulatedNvml
  beforeAll(() => {
    world = new SimulatedNvml()
  })
  afterAll(() => world[Symbol.dispose]())

  test('measures by import, with the example of the README, where the loader finds the library', async () => {
    const output = await run(write('example.mjs', example as string), { LD_LIBRARY_PATH: world.folder })
    const [, joules] = /^NVIDIA H100 80GB HBM3: ([\d.]+) J in a second$/.exec(output) ?? []
    expect(Number(joules)).toBeGreaterThan(298)
  })

  test('measures by require, with the library that the environment names', async () => {
    const code = `
      const { openNvml } = require('@ergometer/node-nvml')
      openNvml().then((nvml) => console.log(nvml.library, typeof nvml.deviceByIndex(0).energyMillijoules()))`
    const output = await run(write('program.cjs', code), { ERGOMETER_NVML_LIBRARY: world.library })
    expect(output).toBe(`${world.library} bigint`)
  })

  test('asks for fields as the README does', async () => {
    // `using` is for newer Nodes.
    const code = (fields as string).replace(/^using /m, 'const ')
    const [, said] = /console\.log\(.*\) \/\/ (.*)$/m.exec(code) ?? []
    expect(await run(write('fields.mjs', code), { ERGOMETER_NVML_LIBRARY: world.library })).toBe(said)
  })

  test('refuses a stub that the loader finds', async () => {
    mkdirSync(join(world.folder, 'stubs'))
    copyFileSync(world.library, join(world.folder, 'stubs/libnvidia-ml.so.1'))
    const code = `import { openNvml } from '@ergometer/node-nvml'\nawait openNvml().catch((error) => console.log(error.message))`
    const output = await run(write('stub.mjs', code), { LD_LIBRARY_PATH: join(world.folder, 'stubs') })
    expect(output).toMatch(
      /^nvmlInit_v2: libnvidia-ml\.so\.1 is the CUDA toolkit's stub, .*\(NVML_ERROR_\w+, 12\)$/,
    )
  })

  describe('with a call that hangs', () => {
    const code = `
      import { openNvml } from '@ergometer/node-nvml'
      const gpu = (await openNvml()).deviceByIndex(0)
      process.stdout.write('calling ')
      process.stdout.write(gpu.powerMilliwatts() + ' milliwatts')`

    async function startHanging(): Promise<ChildProcess & { stdout: NodeJS.ReadableStream }> {
      world.hang('nvmlDeviceGetPowerUsage')
      const child = spawn(process.execPath, [write('hang.mjs', code)], {
        env: environment({ ERGOMETER_NVML_LIBRARY: world.library }),
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      await once(child.stdout, 'data')
      return child
    }

    test('blocks until the driver answers', async () => {
      const child = await startHanging()
      const answer = once(child.stdout, 'data')
      const early = await Promise.race([answer, delay(100, 'none yet')])
      expect(early).toBe('none yet')
      world.heal()
      const [said] = await answer
      expect(String(said)).toBe('300000 milliwatts')
      await once(child, 'close')
    })

    test('can be killed as a process', async () => {
      const child = await startHanging()
      child.kill('SIGTERM')
      const [code, signal] = await once(child, 'close')
      expect([code, signal]).toEqual([null, 'SIGTERM'])
    })
  })
})
