import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { defineConfig, type Options } from 'tsup'

/** Entry points that have types of their own: what a program imports. */
const LIBRARY_ENTRIES = [
  'index',
  'conformance',
  'dmi',
  'fleet-schema',
  'report-schema',
  'resource',
  'setup',
  'sources',
  'tfjs',
]
/** Entry points that are only ever started. */
const PROGRAM_ENTRIES: Record<string, string[]> = {
  'packages/ergometer': ['cli', 'commands', 'recorder', 'import-module', 'telemetry'],
  'packages/meter': ['child'],
  'packages/create-ergometer-meter': ['cli'],
}

/** Of these, what `exports` name: types say that there is nothing to import. */
const EXPORTED_PROGRAMS: Record<string, string[]> = { 'packages/ergometer': ['recorder'] }

/** Packages whose entry points share what they remember: of that there may be one copy only. */
const SHARING = ['packages/otel']

const types = process.env['ERGOMETER_DTS'] !== '0'

type EsbuildPlugin = NonNullable<Options['esbuildPlugins']>[number]
type TsupPlugin = NonNullable<Options['plugins']>[number]

/** What npm installs beside a package stays an import; everything else (zod, commander) is bundled, for start-up speed. */
function installedBeside(directory: string): RegExp[] {
  const manifest = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as Record<string, object>
  const names = [manifest['dependencies'], manifest['peerDependencies'], manifest['optionalDependencies']]
  return names.flatMap((group) => Object.keys(group ?? {})).map((name) => new RegExp(`^${name}(/|$)`))
}

/** commander is CommonJS and requires Node's own modules, which an ES module must be given a `require` for. */
const REQUIRE =
  "import { createRequire as createRequireOfBundle } from 'node:module'\nconst require = createRequireOfBundle(import.meta.url)\n"

/** Gives a `require` to what is bundled and needs one, and `cli.js` its interpreter line and the right to be executed. */
const command: TsupPlugin = {
  name: 'command',
  renderChunk(code, chunk) {
    const body = code.includes('Dynamic require of') ? REQUIRE + code : code
    if (!chunk.path.endsWith('/cli.js')) return { code: body }
    chunk.mode = 0o755
    return { code: `#!/usr/bin/env node\n${body}` }
  },
}

/** Writes the licences of what went into the bundle, as esbuild saw it. */
function licences(outDir: string): EsbuildPlugin {
  return {
    name: 'licences',
    setup(build) {
      build.onEnd(async ({ metafile }) => {
        const packages = Object.keys(metafile?.inputs ?? {}).flatMap((file) => {
          const root = /^(.*\/)?node_modules\/(@[^/]+\/)?[^/]+(?=\/)/.exec(file)?.[0]
          return root === undefined ? [] : [root]
        })
        const texts = await Promise.all([...new Set(packages)].sort().map(licenceOf))
        if (texts.length === 0) return
        await mkdir(outDir, { recursive: true })
        await writeFile(join(outDir, 'THIRD-PARTY-LICENSES.txt'), texts.join(`\n${'-'.repeat(80)}\n\n`))
      })
    },
  }
}

async function licenceOf(root: string): Promise<string> {
  const { name, version, license } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
  const file = (await readdir(root)).find((entry) => /^licen[cs]e/i.test(entry))
  if (file === undefined) throw new Error(`${name}: bundled, but ${root} has no licence file`)
  return `${name} ${version} (${license})\n\n${(await readFile(join(root, file), 'utf8')).trim()}\n`
}

function build(directory: string): Options {
  const existing = (names: string[]) =>
    Object.fromEntries(
      names
        .map((name) => [name, `${directory}/src/${name}.ts`])
        .filter(([, file]) => existsSync(file as string)),
    )
  const outDir = `${directory}/dist`
  return {
    entry: existing([...LIBRARY_ENTRIES, ...(PROGRAM_ENTRIES[directory] ?? [])]),
    outDir,
    format: 'esm',
    target: 'node20',
    platform: 'node',
    splitting: SHARING.includes(directory),
    clean: true,
    silent: true,
    external: installedBeside(directory),
    plugins: [command],
    esbuildPlugins: [licences(outDir)],
    // A package of ours that goes into the bundle comes from its sources: nothing waits for its build.
    esbuildOptions(options) {
      options.conditions = ['@ergometer/source', 'module']
    },
    dts: types && { entry: existing([...LIBRARY_ENTRIES, ...(EXPORTED_PROGRAMS[directory] ?? [])]) },
  }
}

export default defineConfig(
  readdirSync('packages')
    .map((name) => `packages/${name}`)
    .filter((directory) => existsSync(`${directory}/src/index.ts`))
    .map(build),
)
