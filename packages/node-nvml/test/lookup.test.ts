import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { NvmlError, openNvml } from '../src/index.ts'
import { koffiLoader } from '../src/koffi-library.ts'
import { libraryCandidates } from '../src/library-path.ts'
import { loadLibrary } from '../src/load-library.ts'
import type { NativeLibrary } from '../src/native-library.ts'
import { describeSimulated } from './describe-simulated.ts'
import { SimulatedNvml } from './simulated-nvml.ts'

const folder = mkdtempSync(join(tmpdir(), 'nvml-lookup-'))
afterAll(() => rmSync(folder, { recursive: true }))

const SONAME = 'libnvidia-ml.so.1'
const WSL = '/usr/lib/wsl/lib/libnvidia-ml.so.1'

function file(name: string, content: string | Buffer): string {
  writeFileSync(join(folder, name), content)
  return join(folder, name)
}

async function failureOf(opening: Promise<unknown> | (() => unknown)): Promise<NvmlError> {
  try {
    await (typeof opening === 'function' ? opening() : opening)
  } catch (error) {
    expect(error).toBeInstanceOf(NvmlError)
    expect((error as NvmlError).message).not.toContain('\n')
    return error as NvmlError
  }
  throw new Error('it succeeded')
}

describe('where the library is looked for', () => {
  const candidates = (library?: string, env = {}, platform: NodeJS.Platform = 'linux') =>
    libraryCandidates({ library, env, platform })

  test('the option alone, else the variable alone, else what the driver installs', () => {
    const env = { ERGOMETER_NVML_LIBRARY: '/b.so' }
    expect(candidates('/a.so', env)).toEqual(['/a.so'])
    expect(candidates(undefined, env)).toEqual(['/b.so'])
    expect(candidates(undefined, { ERGOMETER_NVML_LIBRARY: '' })).toEqual([SONAME, WSL])
  })

  test('on Windows', () => {
    expect(candidates(undefined, { SystemRoot: 'D:\\Win', ProgramFiles: 'D:\\Programs' }, 'win32')).toEqual([
      'D:\\Win\\System32\\nvml.dll',
      'D:\\Programs\\NVIDIA Corporation\\NVSMI\\nvml.dll',
    ])
    expect(candidates(undefined, {}, 'win32')[0]).toBe('C:\\Windows\\System32\\nvml.dll')
  })

  const linux = { env: {}, platform: 'linux', arch: 'x64' } as const
  const loaded = (name: string): NativeLibrary => ({
    name,
    bind: () => undefined,
    bindText: () => undefined,
    address: () => undefined,
    unload: () => {},
  })

  test('one after the other, and the first that loads is taken', () => {
    const tried: string[] = []
    const library = loadLibrary(linux, (name) => {
      tried.push(name)
      return loaded(name)
    })
    expect([tried, library.name]).toEqual([[SONAME], SONAME])
  })

  test('macOS has none', async () => {
    const failure = await failureOf(() => loadLibrary({ ...linux, platform: 'darwin' }, loaded))
    expect(failure.message).toContain('NVIDIA has no NVML for darwin')
  })
})

describe('a library that cannot be loaded is code 12 and one line', () => {
  const notFound = { code: 12, name: 'LIBRARY_NOT_FOUND', function: 'nvmlInit_v2' }

  test('none at all', async () => {
    const load = (name: string): NativeLibrary => {
      throw new Error(`Failed to load shared library: ${name}: no such file\nand more`)
    }
    const failure = await failureOf(() => loadLibrary({ env: {}, platform: 'linux', arch: 'x64' }, load))
    expect(failure).toMatchObject(notFound)
    const [, onWsl = ''] = /, (\S+ .+?): is NVIDIA's driver/.exec(failure.message) ?? []
    expect(failure.message).toBe(
      `nvmlInit_v2: ${SONAME} cannot be loaded (${SONAME}: no such file), ${onWsl}: is NVIDIA's driver ` +
        'installed here? ERGOMETER_NVML_LIBRARY may name its file (NVML_ERROR_LIBRARY_NOT_FOUND, 12)',
    )
    expect(onWsl).toContain(WSL)
  })

  test.each(['option', 'variable'])(
    'one that is named and not there (%s): no other is tried',
    async (how) => {
      const library = join(folder, 'nowhere.so')
      const options = how === 'option' ? { library, env: {} } : { env: { ERGOMETER_NVML_LIBRARY: library } }
      const failure = await failureOf(openNvml(options))
      expect(failure).toMatchObject(notFound)
      expect(failure.message).toBe(`nvmlInit_v2: ${library} is not there (NVML_ERROR_LIBRARY_NOT_FOUND, 12)`)
    },
  )

  test('a name that the loader would look up anywhere', async () => {
    const failure = await failureOf(openNvml({ library: 'libnvidia-ml.so', env: {} }))
    expect(failure.message).toContain("'libnvidia-ml.so' is no absolute path")
    expect(await failureOf(openNvml({ env: { ERGOMETER_NVML_LIBRARY: './x.so' } }))).toMatchObject(notFound)
  })

  test('a folder', async () => {
    const failure = await failureOf(openNvml({ library: folder, env: {} }))
    expect(failure).toMatchObject(notFound)
    expect(failure.message).toMatch(/cannot be (read|loaded) \(/)
  })

  test.runIf(process.platform === 'linux').each([
    ['garbage', 'no library at all'.repeat(100), 'is no shared library'],
    ['empty', '', 'is no shared library'],
    ['torn', readFileSync(process.execPath).subarray(0, 64), 'cannot be loaded ('],
  ])('%s', async (name, content, why) => {
    const failure = await failureOf(openNvml({ library: file(`${name}.so`, content), env: {} }))
    expect(failure).toMatchObject(notFound)
    expect(failure.message).toContain(`${name}.so ${why}`)
  })
})

describeSimulated('a library that is no NVML', () => {
  test('one for another machine', async () => {
    using world = new SimulatedNvml()
    const elf = readFileSync(world.library)
    const [machine, name] = process.arch === 'arm64' ? [62, 'x64'] : [183, 'arm64']
    elf.writeUInt16LE(machine, 18)
    const failure = await failureOf(openNvml({ library: file('other.so', elf), env: {} }))
    expect(failure.message).toContain(`other.so is for ${name}, and this Node is for ${process.arch} (`)
    elf.writeUInt16LE(9999, 18)
    const unknown = await failureOf(openNvml({ library: file('unknown.so', elf), env: {} }))
    expect(unknown.message).toContain('unknown.so is for machine 9999, and')
  })

  test("the toolkit's stub: by its folder, also behind a link", async () => {
    using world = new SimulatedNvml()
    mkdirSync(join(folder, 'lib64/stubs'), { recursive: true })
    const stub = join(folder, 'lib64/stubs/libnvidia-ml.so')
    copyFileSync(world.library, stub)
    const link = join(folder, 'libnvidia-ml.so.1')
    symlinkSync(stub, link)
    for (const library of [stub, link]) {
      const failure = await failureOf(openNvml({ library, env: {} }))
      expect(failure.code).toBe(12)
      expect(failure.message).toContain("is the CUDA toolkit's stub, which measures nothing")
    }
  })

  test("the toolkit's stub, found by name: the next one is tried", async () => {
    using world = new SimulatedNvml()
    mkdirSync(join(world.folder, 'stubs'))
    const stub = join(world.folder, 'stubs', SONAME)
    copyFileSync(world.library, stub)
    const load = await koffiLoader()
    const found = (name: string) => load(name === SONAME ? stub : '/nowhere')
    const failure = await failureOf(() =>
      loadLibrary({ env: {}, platform: 'linux', arch: process.arch }, found),
    )
    expect(failure.message).toContain(
      `${SONAME} is the CUDA toolkit's stub, which measures nothing (${stub}), `,
    )
    expect(failure.message).toContain(`, ${WSL} `)
  })

  test("the toolkit's stub, copied elsewhere: by the notice that it gives for an error", async () => {
    using world = new SimulatedNvml()
    world.set({ banner: true })
    world.fail('nvmlInit_v2', 9)
    const failure = await failureOf(openNvml({ library: world.library, env: {} }))
    expect(failure).toMatchObject({ code: 12, function: 'nvmlInit_v2' })
    expect(failure.message).toContain(`${world.library} is the CUDA toolkit's stub`)
  })

  test('another library', async () => {
    const failure = await failureOf(openNvml({ library: await anotherLibrary(), env: {} }))
    expect(failure).toMatchObject({ code: 13, function: 'nvmlInit_v2' })
  })
})

/** A shared library that everybody has and that is not NVML. */
async function anotherLibrary(): Promise<string> {
  const maps = readFileSync('/proc/self/maps', 'utf8')
  const [path] = /\/\S+\/libc\.so\.6$|\/\S+\/ld-musl\S+$/m.exec(maps) ?? []
  if (path === undefined) throw new Error('no C library in /proc/self/maps')
  return path
}
