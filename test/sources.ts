// What the sources of the packages that `ergometer` is made of say of themselves, for the documents to be compared with.
import { join } from 'node:path'
import ts from 'typescript'
import { type Package, parse, readPackages } from './architecture.ts'
import { root } from './samples.ts'

/** `ergometer`, the packages of this repository that are installed with it, and the one that is bundled into it. */
export function installedPackages(): Package[] {
  const all = readPackages(join(root, 'packages'))
  const found: Package[] = []
  const visit = (name: string): void => {
    const one = all.find((candidate) => candidate.name === name)
    if (one === undefined || found.includes(one)) return
    found.push(one)
    Object.keys(one.manifest.dependencies ?? {}).forEach(visit)
  }
  visit('ergometer')
  visit('@ergometer/otel')
  return found
}

/** One source file of a package. */
export function sourceOf(name: string, path: string): ts.SourceFile {
  const subject = installedPackages().find((one) => one.name === name)
  if (!subject?.files.has(path)) throw new Error(`${name} has no ${path}`)
  return parse(path, subject.files)
}

/** Stable codes: of errors in upper case, of health in lower case. */
export function codesOf(packages: readonly Package[]): Set<string> {
  const codes = new Set<string>()
  const take = (node: ts.Node | undefined): void => {
    if (node === undefined) return
    if (ts.isStringLiteralLike(node)) {
      if (/^[A-Z]+(_[A-Z]+)+$|^[a-z]+(-[a-z]+)*$/.test(node.text)) codes.add(node.text)
    } else if (ts.isConditionalExpression(node)) {
      take(node.whenTrue)
      take(node.whenFalse)
    } else if (ts.isPropertyAccessExpression(node) && node.getText() === 'step.problem') {
      // Curves name their problems as health does, but for the reset, which is `counter-reset`.
      for (const problem of problems) codes.add(problem)
    }
  }
  const problems = packages.flatMap(({ files }) => curveProblems(parse('src/energy-curve.ts', files)))
  const visit = (node: ts.Node): void => {
    if ((ts.isPropertyAssignment(node) || ts.isVariableDeclaration(node)) && node.name.getText() === 'code')
      take(node.initializer)
    if ((ts.isParameter(node) || ts.isBindingElement(node)) && node.name.getText() === 'code')
      take(node.initializer)
    if (ts.isBinaryExpression(node) && node.left.getText() === 'this.code') take(defaultOf(node.right))
    if (ts.isNewExpression(node) && /Error$/.test(node.expression.getText())) take(upper(node.arguments?.[0]))
    if (ts.isCallExpression(node)) {
      if (node.expression.getText() === 'asMeterError') take(node.arguments[2])
      if (node.expression.getText() === 'this.#say') take(node.arguments[1])
      if (node.expression.getText() === 'fatal') take(node.arguments[0])
    }
    ts.forEachChild(node, visit)
  }
  for (const { files } of packages) {
    for (const path of files.keys()) {
      if (path.startsWith('src/') && path.endsWith('.ts')) visit(parse(path, files))
    }
  }
  return codes
}

function curveProblems(source: ts.SourceFile): string[] {
  const type = source.statements.find(
    (statement) => ts.isTypeAliasDeclaration(statement) && statement.name.text === 'CurveProblem',
  )
  const names = [...(type?.getText().matchAll(/'([a-z-]+)'/g) ?? [])].map(([, name]) => name as string)
  return names.filter((name) => name !== 'reset')
}

/** What stands behind `??`. */
function defaultOf(node: ts.Expression): ts.Expression | undefined {
  return ts.isBinaryExpression(node) ? node.right : undefined
}

function upper(node: ts.Expression | undefined): ts.Expression | undefined {
  return node && ts.isStringLiteralLike(node) && /^[A-Z_]+$/.test(node.text) ? node : undefined
}

/** Fields of every kind of journal line; the row goes by `row`. */
export function journalKinds(): Map<string, Set<string>> {
  const source = sourceOf('@ergometer/core', 'src/journal-line.ts')
  const health = fieldsOfInterface(sourceOf('@ergometer/core', 'src/health.ts'), 'HealthEntry')
  const kinds = new Map([['row', new Set(fieldsOfInterface(source, 'RowLine'))]])
  const visit = (node: ts.Node): void => {
    if (ts.isInterfaceDeclaration(node) || ts.isTypeLiteralNode(node)) {
      const names = fieldNames(node)
      const kind = node.members.find((member) => member.name?.getText() === 'kind')
      const text = /'([\w-]+)'/.exec(kind?.getText() ?? '')?.[1]
      if (text !== undefined) {
        const more = ts.isIntersectionTypeNode(node.parent) ? health : []
        kinds.set(text, new Set([...names.filter((name) => name !== 'kind'), ...more]))
      }
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return kinds
}

/** Names of an interface's own fields. */
function fieldsOfInterface(source: ts.SourceFile, name: string): string[] {
  const found = source.statements.find(
    (statement) => ts.isInterfaceDeclaration(statement) && statement.name.text === name,
  )
  if (found === undefined) throw new Error(`${source.fileName}: no interface ${name}`)
  return fieldNames(found as ts.InterfaceDeclaration)
}

/** Names of the fields of all interfaces of a file, at any depth. */
export function fieldsOfFile(source: ts.SourceFile): Set<string> {
  const names = new Set<string>()
  const visit = (node: ts.Node): void => {
    if (ts.isPropertySignature(node)) names.add(node.name.getText())
    ts.forEachChild(node, visit)
  }
  visit(source)
  return names
}

function fieldNames(node: ts.InterfaceDeclaration | ts.TypeLiteralNode): string[] {
  return node.members.filter(ts.isPropertySignature).map((member) => member.name.getText())
}
