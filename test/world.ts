// What a source file touches of the world outside it, as ARCHITECTURE.md lists it.
import ts from 'typescript'
import { type Package, parse } from './architecture.ts'

/** Words of ARCHITECTURE.md, in the order in which it lists them. */
const WORDS = [
  'files',
  'network',
  'processes',
  'streams',
  'clock',
  'timers',
  'machine',
  'process',
  'code',
  'chance',
]

const MODULES: Readonly<Record<string, string>> = {
  'node:fs': 'files',
  'node:fs/promises': 'files',
  'node:http': 'network',
  'node:https': 'network',
  'node:http2': 'network',
  'node:dgram': 'network',
  'node:async_hooks': 'process',
  'node:dns': 'network',
  'node:tls': 'network',
  // The recorder speaks to its parent over an inherited pipe; nothing of ours opens a socket.
  'node:net': 'streams',
  'node:child_process': 'processes',
  'node:cluster': 'processes',
  'node:worker_threads': 'processes',
  'node:os': 'machine',
  'node:module': 'code',
  'node:crypto': 'chance',
  'node:perf_hooks': 'clock',
  'node:timers': 'timers',
  'node:timers/promises': 'timers',
}
/** Modules of Node that only compute. */
const PURE = new Set(['node:path', 'node:url', 'node:string_decoder', 'node:stream', 'node:util'])

/** Members of `process`; every other one is the word `process`: its environment, arguments, folder, number, signals. */
const OF_PROCESS: Readonly<Record<string, string>> = {
  hrtime: 'clock',
  uptime: 'clock',
  kill: 'processes',
  stdin: 'streams',
  stdout: 'streams',
  stderr: 'streams',
  send: 'streams',
  disconnect: 'streams',
  connected: 'streams',
}
const GLOBALS: Readonly<Record<string, string>> = {
  fetch: 'network',
  WebSocket: 'network',
  performance: 'clock',
  setTimeout: 'timers',
  setInterval: 'timers',
  setImmediate: 'timers',
  console: 'streams',
}

/** The files of a package that touch the world, and what of it; all others only compute. */
export function worldOf(subject: Package): Map<string, string[]> {
  const touched = new Map<string, string[]>()
  for (const path of subject.files.keys()) {
    if (!path.startsWith('src/') || !path.endsWith('.ts')) continue
    const words = touchedBy(parse(path, subject.files))
    if (words.length > 0) touched.set(path.slice('src/'.length), words)
  }
  return touched
}

function touchedBy(source: ts.SourceFile): string[] {
  const found = new Set<string>()
  const visit = (node: ts.Node): void => {
    const word = wordOf(node)
    if (word !== undefined) found.add(word)
    // Types are not there at run time.
    if (!ts.isTypeNode(node)) ts.forEachChild(node, visit)
  }
  visit(source)
  const unknown = [...found].filter((word) => !WORDS.includes(word))
  return [...WORDS.filter((word) => found.has(word)), ...unknown]
}

function wordOf(node: ts.Node): string | undefined {
  if (ts.isImportDeclaration(node)) return ofImport(node)
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
    return ofLoading(node)
  if (ts.isNewExpression(node) && node.expression.getText() === 'Date')
    return node.arguments?.length ? undefined : 'clock'
  if (!ts.isIdentifier(node)) return undefined
  const { parent, text } = node
  const isName = ts.isPropertyAccessExpression(parent) && parent.name === node
  if (isName) return ofMember(parent.expression.getText(), text)
  if (text === 'process') return isTakenApart(parent) ? 'process' : undefined
  return isDeclared(node) ? undefined : lookUp(GLOBALS, text)
}

function ofImport({ importClause, moduleSpecifier }: ts.ImportDeclaration): string | undefined {
  const { text } = moduleSpecifier as ts.StringLiteral
  if (!text.startsWith('node:') || importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword) return undefined
  const named = importClause?.namedBindings
  const onlyTypes =
    importClause?.name === undefined &&
    named !== undefined &&
    ts.isNamedImports(named) &&
    named.elements.every((element) => element.isTypeOnly)
  if (onlyTypes || PURE.has(text)) return undefined
  return lookUp(MODULES, text) ?? `${text}?`
}

/** A module that is named by its text is part of the package; any other is somebody's code. */
function ofLoading({ arguments: [specifier] }: ts.CallExpression): string | undefined {
  return specifier !== undefined && ts.isStringLiteralLike(specifier) ? undefined : 'code'
}

function ofMember(owner: string, name: string): string | undefined {
  if (owner === 'process') return lookUp(OF_PROCESS, name) ?? 'process'
  if (owner === 'globalThis') return lookUp(GLOBALS, name)
  if (owner === 'Date' && name === 'now') return 'clock'
  if (owner === 'Math' && name === 'random') return 'chance'
  if (owner === 'import.meta' && name === 'resolve') return 'code'
  return undefined
}

function lookUp(words: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.hasOwn(words, name) ? words[name] : undefined
}

/** `const { env } = process`; alone, `process` is more likely a name of ours. */
function isTakenApart(parent: ts.Node): boolean {
  return ts.isVariableDeclaration(parent) && ts.isObjectBindingPattern(parent.name)
}

/** True for the name of a property, parameter, variable or member: not the global of that name. */
function isDeclared(node: ts.Identifier): boolean {
  const { parent } = node
  if (ts.isShorthandPropertyAssignment(parent)) return false
  const named = parent as ts.Node & { name?: ts.Node; propertyName?: ts.Node }
  return named.name === node || named.propertyName === node
}
