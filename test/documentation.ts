// What must be written down: a line on every public symbol, a reason for every dependency.
import { posix } from 'node:path'
import ts from 'typescript'
import { type Manifest, type Package, parse } from './architecture.ts'

/** Public symbols without a docstring, over all entry points that have sources. */
export function checkDocstrings({ manifest, files }: Package): string[] {
  const entries = Object.values(manifest.exports ?? {})
    .map((entry) => (entry as Record<string, unknown> | null)?.['@ergometer/source'])
    .filter((path) => typeof path === 'string')
    .map((path) => posix.normalize(path))
    .filter((path) => files.has(path))
  return entries.flatMap((entry) =>
    exportedNames(parse(entry, files)).flatMap((name) => {
      const found = declarationsOf(name, entry, files)
      if (found === 'elsewhere') return []
      if (found.length === 0) return [`${entry}: '${name}' is exported, but its declaration was not found`]
      return found.some(isDocumented)
        ? []
        : [`${found[0]?.getSourceFile().fileName}: '${name}' is public and has no docstring`]
    }),
  )
}

/** Dependencies without a row in the table of docs/dependencies.md, and rows that have outlived theirs. */
export function checkDependencyTable(manifests: readonly Manifest[], table: string): string[] {
  const used = new Set(
    manifests.flatMap((manifest) =>
      [
        manifest.dependencies,
        manifest.devDependencies,
        manifest.peerDependencies,
        manifest.optionalDependencies,
      ]
        .flatMap((group) => Object.entries(group ?? {}))
        .filter(([, version]) => !version.startsWith('workspace:'))
        .map(([name]) => name),
    ),
  )
  const rows = new Set([...table.matchAll(/^\| `([^`]+)`/gm)].map(([, name]) => name as string))
  return [
    ...[...used].filter((name) => !rows.has(name)).map((name) => `${name}: no row in docs/dependencies.md`),
    ...[...rows]
      .filter((name) => !used.has(name))
      .map((name) => `${name}: a row in docs/dependencies.md, but no dependency`),
  ]
}

function exportedNames(source: ts.SourceFile): string[] {
  return source.statements.flatMap((statement) => {
    if (ts.isExportDeclaration(statement)) return namedExports(statement).map((element) => element.name.text)
    return isExported(statement) ? declaredBy(statement).map(([name]) => name) : []
  })
}

function namedExports({ exportClause }: ts.ExportDeclaration): ts.ExportSpecifier[] {
  return exportClause !== undefined && ts.isNamedExports(exportClause) ? [...exportClause.elements] : []
}

function isExported(statement: ts.Statement): boolean {
  const modifiers = ts.canHaveModifiers(statement) ? ts.getModifiers(statement) : undefined
  return modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) ?? false
}

function declaredBy(statement: ts.Statement): [name: string, declaration: ts.Node][] {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.map((declaration) => [
      declaration.name.getText(),
      declaration,
    ])
  }
  if (ts.isExportAssignment(statement)) return [['default', statement]]
  const { name } = statement as ts.Statement & { name?: ts.Node }
  return name === undefined ? [] : [[name.getText(), statement]]
}

/** Follows a name through re-exports to where it is declared, or out of the package, where it is documented. */
function declarationsOf(
  name: string,
  path: string,
  files: ReadonlyMap<string, string>,
): ts.Node[] | 'elsewhere' {
  const { statements } = parse(path, files)
  const declared = statements.flatMap(declaredBy).filter(([declaredName]) => declaredName === name)
  if (declared.length > 0) return declared.map(([, declaration]) => declaration)
  for (const statement of statements) {
    if (!ts.isExportDeclaration(statement)) continue
    const element = namedExports(statement).find((candidate) => candidate.name.text === name)
    if (element === undefined) continue
    const origin = (element.propertyName ?? element.name).text
    if (statement.moduleSpecifier === undefined)
      return origin === name ? [] : declarationsOf(origin, path, files)
    const { text } = statement.moduleSpecifier as ts.StringLiteral
    if (!text.startsWith('.')) return 'elsewhere'
    return declarationsOf(origin, posix.join(posix.dirname(path), text), files)
  }
  return []
}

function isDocumented(declaration: ts.Node): boolean {
  return ts.getJSDocCommentsAndTags(declaration).some((doc) => ts.isJSDoc(doc) && Boolean(doc.comment))
}
