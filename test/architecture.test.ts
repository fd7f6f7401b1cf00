import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { check, type Manifest, packageOf, readPackages } from './architecture.ts'
import { checkDependencyTable, checkDocstrings } from './documentation.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

function manifestOf(folder: string): Manifest {
  return JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'))
}

describe('this repository', () => {
  const packages = readPackages(join(root, 'packages'))

  test.each(packages.map((subject) => [subject.name, subject] as const))(
    '%s keeps the architecture',
    (_, subject) => {
      expect(check(subject, packages)).toEqual([])
    },
  )

  test.each(packages.map((subject) => [subject.name, subject] as const))(
    '%s documents what it exports',
    (_, subject) => {
      expect(checkDocstrings(subject)).toEqual([])
    },
  )

  test('every dependency has its reason in docs/dependencies.md', () => {
    const examples = readdirSync(join(root, 'examples')).map((name) => manifestOf(`examples/${name}`))
    const suites = ['test/otel-sdk-2', 'test/otel-sdk-3'].map(manifestOf)
    const manifests = [manifestOf('.'), ...examples, ...suites, ...packages.map(({ manifest }) => manifest)]
    expect(checkDependencyTable(manifests, readFileSync(join(root, 'docs/dependencies.md'), 'utf8'))).toEqual(
      [],
    )
  })
})

describe('the checker', () => {
  const entry = { '@ergometer/source': './src/index.ts', default: './dist/index.js' }

  /** A package without fault, but for these files; `undefined` takes one away. */
  function core(files: Record<string, string | undefined> = {}, manifest: Partial<Manifest> = {}) {
    const sound = {
      'package.json': JSON.stringify({ name: '@ergometer/core', exports: { '.': entry }, ...manifest }),
      'README.md': '',
      'tsconfig.json': '{}',
      'test/curve.test.ts': '',
      'src/index.ts': "export { Curve } from './curve.ts'",
      'src/curve.ts': '/** Cumulative joules over time. */\nexport class Curve {}',
    }
    const all = Object.entries({ ...sound, ...files })
    return packageOf('core', new Map(all.filter((file): file is [string, string] => file[1] !== undefined)))
  }
  const meter = packageOf(
    'meter',
    new Map([
      [
        'package.json',
        JSON.stringify({ name: '@ergometer/meter', exports: { '.': entry, './conformance': entry } }),
      ],
    ]),
  )

  test('finds nothing in a sound package', () => {
    const imports = [
      "import type { Domain } from '@ergometer/meter'",
      "import { cases } from '@ergometer/meter/conformance'",
      "import zones from '../data/zones.json' with { type: 'json' }",
    ]
    const sound = core({ 'src/read.ts': imports.join('\n') })
    expect(check(sound, [meter])).toEqual([])
    expect(checkDocstrings(sound)).toEqual([])
  })

  test.each([
    ['a missing README', { 'README.md': undefined }, 'README.md is missing'],
    ['an empty test folder', { 'test/curve.test.ts': undefined }, 'test is missing'],
    ['a configuration of its own', { 'vitest.config.ts': '' }, 'vitest.config.ts does not belong here'],
    ['a small folder', { 'src/clock/tick.ts': '' }, 'src/clock holds 1 files'],
    ['a deep folder', { 'src/clock/wall/tick.ts': '' }, 'src/clock/wall is too deep'],
    ['a grab-bag', { 'src/utils.ts': '' }, "src/utils.ts: 'utils' says nothing"],
    ['a bag of types', { 'src/types.ts': '' }, "src/types.ts: 'types' says nothing"],
    ['a folder of helpers', { 'src/helpers/tick.ts': '' }, "src/helpers/tick.ts: 'helpers' says nothing"],
    ['camel case', { 'src/wallClock.ts': '' }, "'wallClock' is not kebab-case"],
    ['a second index', { 'src/clock/index.ts': '' }, 'src/clock/index.ts: the only index.ts'],
    ['export *', { 'src/index.ts': "export * from './curve.ts'" }, "'export * from './curve.ts''"],
    ['export * as', { 'src/index.ts': "export * as curve from './curve.ts'" }, 'expected names'],
    ['a default export', { 'src/index.ts': 'export default 1' }, 'default export'],
    [
      'a static import upwards',
      { 'src/a.ts': "import { x } from '@ergometer/report'" },
      'src/a.ts: imports @ergometer/report',
    ],
    ['a side-effect import', { 'src/a.ts': "import '@ergometer/report'" }, 'imports @ergometer/report'],
    [
      'a type-only import',
      { 'src/a.ts': "import type { X } from '@ergometer/otel'" },
      'imports @ergometer/otel',
    ],
    ['a dynamic import', { 'src/a.ts': "const x = await import('ergometer')" }, 'imports ergometer'],
    ['a require', { 'src/a.ts': "const x = require('ergometer/tfjs')" }, 'imports ergometer/tfjs'],
    ['an import type', { 'src/a.ts': "type X = import('@ergometer/otel').X" }, 'imports @ergometer/otel'],
    ['an export from', { 'src/a.ts': "export { x } from '@ergometer/otel'" }, 'imports @ergometer/otel'],
    [
      'a meter in core',
      { 'src/a.ts': "import { rapl } from '@ergometer/meter-rapl'" },
      'imports @ergometer/meter-rapl',
    ],
    [
      'an import of itself by name',
      { 'src/a.ts': "import { Curve } from '@ergometer/core'" },
      'imports @ergometer/core',
    ],
    [
      'a deep import',
      { 'src/a.ts': "import { x } from '@ergometer/meter/src/domain.ts'" },
      'does not export',
    ],
    [
      'a relative way out',
      { 'src/a.ts': "import { x } from '../../meter/src/domain.ts'" },
      'neither in src nor in data',
    ],
    [
      'an import of a test',
      { 'src/a.ts': "import { x } from '../test/world.ts'" },
      'neither in src nor in data',
    ],
    [
      'a cycle',
      { 'src/a.ts': "import { b } from './b.ts'", 'src/b.ts': "import { a } from './a.ts'" },
      'cycle: src/a.ts -> src/b.ts -> src/a.ts',
    ],
    [
      'a cycle of types behind other files',
      {
        'src/a.ts': "import './b.ts'",
        'src/b.ts': "export type { C } from './c.ts'",
        'src/c.ts': "import type { B } from './b.ts'",
      },
      'cycle: src/b.ts -> src/c.ts -> src/b.ts',
    ],
    [
      'a file that imports itself',
      { 'src/a.ts': "import type { A } from './a.ts'" },
      'cycle: src/a.ts -> src/a.ts',
    ],
  ])('finds %s', (_, files: Record<string, string | undefined>, problem) => {
    expect(check(core(files), [meter]).join('\n')).toContain(problem)
  })

  test('finds a dependency that goes upwards', () => {
    const upwards = core({}, { dependencies: { '@ergometer/report': 'workspace:^' } })
    expect(check(upwards, [])).toEqual([expect.stringContaining('depends on @ergometer/report')])
  })

  test('finds a package that it does not know', () => {
    expect(check(core({}, { name: '@ergometer/new' }), [])).toEqual([
      expect.stringContaining('has no row in ARROWS'),
    ])
  })

  test.each([
    ['a class', 'export class Curve {}'],
    ['a function', '// A comment is none.\nexport function Curve() {}'],
    ['a constant', 'export const Curve = 1'],
    ['an interface', 'export interface Curve {}'],
    ['a list of exports', 'const curve = 1\nexport { curve as Curve }'],
    ['an empty comment', '/** */\nexport type Curve = 1'],
    ['tags alone', '/** @internal */\nexport type Curve = 1'],
  ])('finds a missing docstring: %s', (_, text) => {
    expect(checkDocstrings(core({ 'src/curve.ts': text }))).toEqual([
      expect.stringContaining("'Curve' is public"),
    ])
  })

  test('finds a missing docstring: a default export that is given a name', () => {
    const files = { 'src/index.ts': "export { default as Curve } from './curve.ts'" }
    expect(checkDocstrings(core({ ...files, 'src/curve.ts': '/** Joules. */\nexport default 1' }))).toEqual(
      [],
    )
    expect(checkDocstrings(core({ ...files, 'src/curve.ts': 'export default 1' }))).toHaveLength(1)
  })

  test('looks for docstrings through renamed re-exports, and in each entry', () => {
    const subject = core(
      {
        'src/index.ts':
          "export { Line as Curve, missing } from './middle.ts'\nexport type { Domain } from '@ergometer/meter'",
        'src/middle.ts': "export { Curve as Line } from './curve.ts'",
        'src/extra.ts': 'export const extra = 1',
      },
      {
        exports: {
          '.': entry,
          './extra': { '@ergometer/source': './src/extra.ts' },
          './package.json': './package.json',
        },
      },
    )
    expect(checkDocstrings(subject)).toEqual([
      expect.stringContaining("'missing' is exported, but"),
      expect.stringContaining("src/extra.ts: 'extra' is public"),
    ])
  })

  test('finds dependencies without a row, and rows without a dependency', () => {
    const manifest = {
      name: 'x',
      dependencies: { '@ergometer/meter': 'workspace:^' },
      devDependencies: { zod: '1', jiti: '1' },
    }
    expect(checkDependencyTable([manifest], '| `zod` | MIT |\n| `left-pad` | MIT |')).toEqual([
      expect.stringContaining('jiti: no row'),
      expect.stringContaining('left-pad: a row'),
    ])
  })
})
