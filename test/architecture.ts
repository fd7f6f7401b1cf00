// The rules that hold the packages apart, as functions from a package to what is wrong with it.
import { readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import ts from 'typescript'

/** A package as the rules see it: its texts by path, relative to its folder. */
export interface Package {
  readonly name: string
  readonly manifest: Manifest
  readonly files: ReadonlyMap<string, string>
}

export interface Manifest {
  readonly name: string
  readonly exports?: Readonly<Record<string, unknown>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

const METERS = ['rapl', 'hwmon', 'cloud', 'estimate', 'redfish', 'prometheus', 'agent'].map(
  (name) => `@ergometer/meter-${name}`,
)

/** Which packages of this repository a package may import. Arrows point downwards only; a meter knows the contract alone. */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  '@ergometer/meter': [],
  '@ergometer/carbon': [],
  '@ergometer/core': ['@ergometer/carbon', '@ergometer/meter'],
  ...Object.fromEntries(METERS.map((name) => [name, ['@ergometer/meter']])),
  '@ergometer/node-nvml': [],
  '@ergometer/meter-nvml': ['@ergometer/meter', '@ergometer/node-nvml'],
  '@ergometer/otel': ['@ergometer/core'],
  '@ergometer/trackers': ['@ergometer/core'],
  '@ergometer/report': ['@ergometer/core'],
  ergometer: [
    '@ergometer/meter',
    '@ergometer/carbon',
    '@ergometer/core',
    ...METERS,
    '@ergometer/meter-nvml',
    '@ergometer/otel',
    '@ergometer/trackers',
    '@ergometer/report',
  ],
  'create-ergometer-meter': ['@ergometer/meter'],
}

const REQUIRED = ['package.json', 'README.md', 'tsconfig.json', 'src', 'test']
const ALLOWED = [...REQUIRED, 'CHANGELOG.md', 'LICENSE', 'data', 'dashboards', 'rules']
const GENERATED = ['node_modules', 'dist']
/** Names that say nothing of what is inside, and so attract everything. */
const VAGUE = /^(utils?|helpers?|common|shared|misc|types)$/
const MANY = 4

/** The packages below a folder, as they are on disk. */
export function readPackages(parent: string): Package[] {
  return readdirSync(parent).map((folder) => {
    const files = new Map(filesBelow(join(parent, folder)))
    return packageOf(folder, files)
  })
}

/** A package of these files. Without a package.json it goes by its folder's name. */
export function packageOf(folder: string, files: ReadonlyMap<string, string>): Package {
  const manifest: Manifest = { name: folder, ...JSON.parse(files.get('package.json') ?? '{}') }
  return { name: manifest.name, manifest, files }
}

function filesBelow(root: string, folder = ''): [string, string][] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry): [string, string][] => {
    const path = posix.join(folder, entry.name)
    if (GENERATED.includes(entry.name)) return []
    return entry.isDirectory() ? filesBelow(root, path) : [[path, readFileSync(join(root, path), 'utf8')]]
  })
}

/** Everything that is wrong with a package; `others` are those that it may import. */
export function check(subject: Package, others: readonly Package[]): string[] {
  return [
    ...checkLayout(subject),
    ...checkNames(subject),
    ...checkIndex(subject),
    ...checkArrows(subject, others),
    ...checkRelativeImports(subject),
    ...checkCycles(subject),
  ]
}

/** A package holds a known set of entries, and its `src` is flat. */
function checkLayout({ files }: Package): string[] {
  const paths = [...files.keys()]
  const entries = new Set(paths.map((path) => path.split('/')[0] as string))
  const sources = sourcePaths(files)
  const folders = new Set(sources.map((path) => posix.dirname(path)))
  return [
    ...REQUIRED.filter((entry) => !entries.has(entry)).map((entry) => `${entry} is missing`),
    ...[...entries]
      .filter((entry) => !ALLOWED.includes(entry))
      .map((entry) => `${entry} does not belong here`),
    ...[...folders].flatMap((folder) => {
      if (folder === 'src') return []
      if (posix.dirname(folder) !== 'src') return [`${folder} is too deep: src has one level of folders`]
      const count = sources.filter((path) => posix.dirname(path) === folder).length
      return count < MANY ? [`${folder} holds ${count} files: a folder is worth it from ${MANY}`] : []
    }),
  ]
}

/** Files are in kebab case, and named for what is inside. */
function checkNames({ files }: Package): string[] {
  return sourcePaths(files).flatMap((path) => {
    const names = path.replace(/\.ts$/, '').split('/').slice(1)
    return [
      ...names
        .filter((name) => VAGUE.test(name))
        .map((name) => `${path}: '${name}' says nothing of what is inside`),
      ...names
        .filter((name) => !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name))
        .map((name) => `${path}: '${name}' is not kebab-case`),
    ]
  })
}

/** One `index.ts`, which lists what is public, name by name. */
function checkIndex({ files }: Package): string[] {
  const more = sourcePaths(files).filter((path) => path.endsWith('/index.ts') && path !== 'src/index.ts')
  const statements = parse('src/index.ts', files).statements
  return [
    ...more.map((path) => `${path}: the only index.ts is src/index.ts`),
    ...statements.flatMap((statement) => {
      if (ts.isExportAssignment(statement)) return ['src/index.ts: default export, expected named ones']
      if (!ts.isExportDeclaration(statement)) return []
      const named = statement.exportClause !== undefined && ts.isNamedExports(statement.exportClause)
      return named ? [] : [`src/index.ts: '${statement.getText()}', expected names`]
    }),
  ]
}

/** Imports and dependencies follow the arrows, and enter other packages only through their `exports`. */
function checkArrows(subject: Package, others: readonly Package[]): string[] {
  const allowed = ARROWS[subject.name]
  if (allowed === undefined)
    return [`'${subject.name}' has no row in ARROWS (test/architecture.ts): say what it may import`]
  const dependencies = Object.keys(subject.manifest.dependencies ?? {}).filter(isOurs)
  return [
    ...dependencies
      .filter((name) => !allowed.includes(name))
      .map((name) => `package.json: depends on ${name}, allowed: ${allowed.join(', ') || 'none'}`),
    ...importsOf(subject).flatMap(([path, specifier]) => {
      if (!isOurs(specifier)) return []
      const name = /^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier
      if (!allowed.includes(name))
        return [`${path}: imports ${specifier}, allowed: ${allowed.join(', ') || 'none'}`]
      const entry = `.${specifier.slice(name.length)}`
      const target = others.find((other) => other.name === name)
      const entries = Object.keys(target?.manifest.exports ?? { '.': '' })
      return entries.includes(entry) ? [] : [`${path}: imports ${specifier}, which ${name} does not export`]
    }),
  ]
}

function isOurs(specifier: string): boolean {
  return /^(@ergometer\/|ergometer($|\/)|create-ergometer-meter($|\/))/.test(specifier)
}

/** A relative import stays in the package's `src` or `data`, or is its own manifest. */
function checkRelativeImports(subject: Package): string[] {
  return importsOf(subject)
    .filter(([, specifier]) => specifier.startsWith('.'))
    .filter(
      ([path, specifier]) =>
        !/^(src\/|data\/|package\.json$)/.test(posix.join(posix.dirname(path), specifier)),
    )
    .map(([path, specifier]) => `${path}: imports ${specifier}, which is neither in src nor in data`)
}

/** No file needs itself, not even for its types. */
function checkCycles(subject: Package): string[] {
  const targets = new Map(sourcePaths(subject.files).map((path) => [path, [] as string[]]))
  for (const [path, specifier] of importsOf(subject)) {
    if (specifier.startsWith('.')) targets.get(path)?.push(posix.join(posix.dirname(path), specifier))
  }
  const finished = new Set<string>()
  const cycles: string[] = []
  const visit = (path: string, trail: string[]) => {
    if (trail.includes(path))
      cycles.push(`cycle: ${[...trail.slice(trail.indexOf(path)), path].join(' -> ')}`)
    if (trail.includes(path) || finished.has(path)) return
    for (const target of targets.get(path) ?? []) visit(target, [...trail, path])
    finished.add(path)
  }
  for (const path of targets.keys()) visit(path, [])
  return cycles
}

function sourcePaths(files: ReadonlyMap<string, string>): string[] {
  return [...files.keys()].filter((path) => path.startsWith('src/') && path.endsWith('.ts'))
}

/** Source file and specifier of every import: static, dynamic, type-only, `export … from`, `import('…')` types. */
function importsOf({ files }: Package): [path: string, specifier: string][] {
  return sourcePaths(files).flatMap((path) => {
    const specifiers: string[] = []
    const visit = (node: ts.Node): void => {
      const specifier = specifierOf(node)
      if (specifier !== undefined && ts.isStringLiteralLike(specifier)) specifiers.push(specifier.text)
      ts.forEachChild(node, visit)
    }
    visit(parse(path, files))
    return specifiers.map((specifier): [string, string] => [path, specifier])
  })
}

function specifierOf(node: ts.Node): ts.Node | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return node.moduleSpecifier
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) return node.argument.literal
  if (ts.isExternalModuleReference(node)) return node.expression
  if (!ts.isCallExpression(node)) return undefined
  const isImport =
    node.expression.kind === ts.SyntaxKind.ImportKeyword || node.expression.getText() === 'require'
  return isImport ? node.arguments[0] : undefined
}

/** The syntax of one file of a package; of an empty one, if it does not exist. */
export function parse(path: string, files: ReadonlyMap<string, string>): ts.SourceFile {
  return ts.createSourceFile(path, files.get(path) ?? '', ts.ScriptTarget.Latest, true)
}
