import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { Report } from '@ergometer/core'
import { describe, expect } from 'vitest'
import { LIBRARY, type Place, STEADY, test, WATTS } from './processes.ts'

const require = createRequire(import.meta.url)
// The bundler that our own build uses.
const esbuild: {
  build(options: object): Promise<{ warnings: { text: string }[] }>
} = createRequire(realpathSync(require.resolve('tsup')))('esbuild')

const PACKAGE = dirname(dirname(LIBRARY))
const RECORDER = join(dirname(LIBRARY), 'recorder.js')

const TRAINING = `
  import { startRun } from 'ergometer'
  async function train(): Promise<void> {
    const run = await startRun({ name: 'bundled', meters: [process.env['STEADY'] as string] })
    await run.phase('epoch', () => new Promise((resolve) => setTimeout(resolve, 1200)))
    run.work({ samples: 64 })
    const report = await run.end()
    console.log('report ' + JSON.stringify(report))
  }
  train()
`

type Format = 'esm' | 'cjs'

/** Bundles the training in a project that has ergometer installed; answers with the bundle's file. */
async function bundle(
  place: Place,
  format: Format,
  folder = 'project/out',
  extra: object = {},
): Promise<string> {
  const project = place.path('project')
  mkdirSync(join(project, 'node_modules'), { recursive: true })
  symlinkSync(PACKAGE, join(project, 'node_modules/ergometer'))
  writeFileSync(join(project, 'train.ts'), TRAINING)
  const outfile = join(place.path(folder), format === 'esm' ? 'train.mjs' : 'train.cjs')
  await esbuild.build({
    absWorkingDir: project,
    entryPoints: ['train.ts'],
    outfile,
    bundle: true,
    platform: 'node',
    format,
    logLevel: 'silent',
    ...extra,
  })
  return outfile
}

/** Runs a bundle from a directory that has nothing to do with it. */
async function runFrom(place: Place, script: string, env: NodeJS.ProcessEnv = {}) {
  mkdirSync(place.path('elsewhere'))
  const ended = await place.node(script, [], {
    input: '',
    cwd: place.path('elsewhere'),
    env: { STEADY, ...env },
  }).ended
  const line = /^report (.*)$/m.exec(ended.stdout.toString())?.[1]
  return { ...ended, report: line === undefined ? undefined : (JSON.parse(line) as Report) }
}

function expectMetered(report: Report | undefined): void {
  expect(report?.run).toMatchObject({ name: 'bundled', status: 'completed' })
  expect(report?.work).toEqual({ samples: 64 })
  expect(report?.energy.domains[0]?.meanWatts).toBeCloseTo(WATTS, 0)
  expect(report?.phases).toMatchObject([{ name: 'epoch', count: 1 }])
}

describe.concurrent('a training that is bundled by esbuild', () => {
  for (const format of ['esm', 'cjs'] as const) {
    test(`as ${format} finds the recorder of the installed package`, async ({ place }) => {
      const { code, stderr, report } = await runFrom(place, await bundle(place, format))
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      expectMetered(report)
    })

    test(`as ${format}, minified, finds it beside a file that is also called recorder.js`, async ({
      place,
    }) => {
      const script = await bundle(place, format, 'project/out', { minify: true, sourcemap: true })
      writeFileSync(join(dirname(script), 'recorder.js'), 'process.exit(1)')
      const { code, report } = await runFrom(place, script)
      expect(code).toBe(0)
      expectMetered(report)
    })

    test(`as ${format} and moved away is told by ERGOMETER_RECORDER where it is`, async ({ place }) => {
      const script = await bundle(place, format, 'moved')
      const { code, stderr, report } = await runFrom(place, script, { ERGOMETER_RECORDER: RECORDER })
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      expectMetered(report)
    })

    test(`as ${format} and moved away trains on without it, and says so once`, async ({ place }) => {
      const script = await bundle(place, format, 'moved')
      const { code, stderr, report } = await runFrom(place, script)
      expect(code).toBe(0)
      expect(report?.energy.joules).toBeUndefined()
      const lines = stderr.trimEnd().split('\n')
      expect(lines).toHaveLength(1)
      expect(lines[0]).toMatch(/ERGOMETER_RECORDER/)
    })
  }

  test('attaches to ergometer run', async ({ place }) => {
    const script = await bundle(place, 'cjs')
    const { code } = await place.cli(['run', '--meter', STEADY, '--', process.execPath, script], {
      env: { STEADY },
    })
    expect(code).toBe(0)
    const report = await place.stored()
    expect(report.work).toEqual({ samples: 64 })
    expect(report.phases.map((phase) => phase.name).sort()).toEqual(['bundled', 'epoch'])
  })
})

test('the library is required by CommonJS on a Node that can', async ({ place }) => {
  const script = place.write(
    'train.cjs',
    `const { startRun } = require(${JSON.stringify(LIBRARY)})
     startRun({ name: 'bundled', meters: [${JSON.stringify(STEADY)}] }).then(async (run) => {
       await run.phase('epoch', () => new Promise((resolve) => setTimeout(resolve, 1200)))
       run.work({ samples: 64 })
       console.log('report ' + JSON.stringify(await run.end()))
     })`,
  )
  const { code, report } = await runFrom(place, script)
  expect(code).toBe(0)
  expectMetered(report)
})
