// Checks the packages as npm would receive them, after a full build.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import ts from 'typescript'
import { pnpm } from './setup.mjs'
import { isMain, packageFolders, readJson } from './workspace.mjs'

/** Packs every package and prints what is wrong with it. Returns an exit code. */
export async function lintPackages() {
  const destination = mkdtempSync(join(tmpdir(), 'ergometer-pack-'))
  try {
    const pack = ['--recursive', '--filter=./packages/*', 'pack', '--pack-destination', destination]
    const code = pnpm(pack, { quiet: true })
    if (code !== 0) return code
    const problems = await Promise.all(
      packageFolders('packages').map((folder) => problemsOf(folder, destination)),
    )
    for (const problem of problems.flat()) console.error(problem)
    return problems.flat().length === 0 ? 0 : 1
  } finally {
    rmSync(destination, { recursive: true, force: true })
  }
}

async function problemsOf(folder, destination) {
  const manifest = readJson(join(folder, 'package.json'))
  const file = `${manifest.name.replace('@', '').replace('/', '-')}-${manifest.version}.tgz`
  const tarball = readFileSync(join(destination, file))
  const { messages, pkg } = await publint({
    pack: { tarball: bytesOf(tarball) },
    level: 'warning',
    strict: true,
  })
  const problems = messages.map((message) => formatMessage(message, pkg, { color: false }))
  problems.push(...(await wrongTypes(tarball)), ...undeclaredImports(folder, pkg))
  return problems.map((problem) => `${manifest.name}: ${problem}`)
}

/** Packages are ES modules: how they would look to a CommonJS module, or without `exports`, is nobody's question. */
const NOT_ESM = new Set(['node10', 'node16-cjs'])

/** What TypeScript would make of each entry point, as are-the-types-wrong sees it with its profile for ES modules alone. */
async function wrongTypes(tarball) {
  const result = await checkPackage(createPackageFromTarballData(new Uint8Array(tarball)))
  if (!result.types) return ['types: there are none']
  return result.problems
    .filter(({ resolutionKind, resolutionOption }) => !NOT_ESM.has(resolutionKind ?? resolutionOption))
    .map(({ kind, entrypoint, resolutionKind, ...problem }) => {
      const where = entrypoint === undefined ? JSON.stringify(problem) : `${entrypoint} (${resolutionKind})`
      return `types: ${kind} at ${where}`
    })
}

function bytesOf({ buffer, byteOffset, byteLength }) {
  return buffer.slice(byteOffset, byteOffset + byteLength)
}

/** What is bundled may not be left over as an import, in types above all: it would not be there for users. */
function undeclaredImports(folder, { dependencies, peerDependencies, optionalDependencies }) {
  const declared = new Set(Object.keys({ ...dependencies, ...peerDependencies, ...optionalDependencies }))
  const dist = join(folder, 'dist')
  if (!existsSync(dist)) return ['dist is missing: npm run build']
  return readdirSync(dist)
    .filter((name) => /\.(js|d\.ts)$/.test(name))
    .flatMap((name) => {
      const { importedFiles } = ts.preProcessFile(readFileSync(join(dist, name), 'utf8'), true, true)
      const packages = importedFiles
        .filter(({ fileName }) => !fileName.startsWith('.'))
        .map(({ fileName }) => /^(@[^/]+\/)?[^/]+/.exec(fileName)[0])
      return [...new Set(packages)]
        .filter((imported) => !declared.has(imported) && !isBuiltin(imported))
        .map((imported) => `dist/${name}: imports '${imported}', which is not among its dependencies`)
    })
}

if (isMain(import.meta.url)) process.exitCode = await lintPackages()
