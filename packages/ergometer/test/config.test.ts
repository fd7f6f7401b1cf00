import { mkdirSync, readFileSync } from 'node:fs'
import { describe, expect } from 'vitest'
import { domain, LIBRARY, type Place, STEADY, test, untilMetered, WATTS } from './processes.ts'

const config = (settings: object) => JSON.stringify({ meters: [STEADY], ...settings })

/** Name, tags and zone of the run that a training without settings becomes. */
async function trained(place: Place, settings = '{}', options = {}) {
  const script = place.training(`
    const run = await startRun(${settings}).catch((error) => { say('refused ' + error.message); process.exit(9) })
    await run.end()
  `)
  const ended = await place.node(script, [], { input: '', ...options }).ended
  return { ...ended, refused: /^refused (.*)$/m.exec(ended.stdout.toString())?.[1] }
}

describe.concurrent('ergometer.config', () => {
  test.for([
    ['json', config({ name: 'from json' })],
    ['js', `export default ${config({ name: 'from js' })}`],
    ['ts', `const name: string = 'from ts'\nexport default { name, meters: [${JSON.stringify(STEADY)}] }`],
  ] as const)('.%s is read by the command and by startRun', async ([extension, text], { place }) => {
    place.write(`ergometer.config.${extension}`, text)
    expect((await place.cli(['run', '--', 'true'])).code).toBe(0)
    expect((await place.stored()).run.name).toBe(`from ${extension}`)
    expect((await place.stored()).provenance.config['meters']).toMatchObject([{ name: STEADY }])
    const { code, stderr } = await trained(place)
    expect({ code, stderr: stderr.includes('cannot') }).toEqual({ code: 0, stderr: false })
    expect((await place.report()).run.name).toBe(`from ${extension}`)
    expect(place.runFolders()).toHaveLength(2)
  })

  test.for(['ts', 'js', 'mjs'])(
    '.%s may import defineConfig from where ergometer is not installed',
    async (extension, { place }) => {
      const name = extension === 'mjs' ? 'settings.mjs' : `ergometer.config.${extension}`
      place.write(
        name,
        `import { defineConfig } from 'ergometer'\nexport default defineConfig({ name: 'declared', meters: [${JSON.stringify(STEADY)}] })`,
      )
      const { code, stderr } = await place.cli([
        'run',
        ...(extension === 'mjs' ? ['--config', name] : []),
        '--',
        'true',
      ])
      expect({ code, stderr: stderr.includes('cannot be loaded') }).toEqual({ code: 0, stderr: false })
      expect((await place.stored()).run.name).toBe('declared')
    },
  )

  test('.ts may give a meter by value', async ({ place }) => {
    place.write('my-meter.ts', readFileSync(STEADY))
    place.write(
      'ergometer.config.ts',
      `import steady from './my-meter.ts'\nexport default { meters: [steady({ watts: 50 })] }`,
    )
    const { code, stderr } = await place.cli(['run', '--', ...untilMetered(50)])
    expect({ code, stderr: stderr.includes('cannot') }).toEqual({ code: 3, stderr: false })
    expect(domain(await place.stored()).meanWatts).toBeCloseTo(50, 0)
  })

  test('.ts comes before .js, .js before .json', async ({ place }) => {
    place.write('ergometer.config.json', config({ name: 'json' }))
    place.write('ergometer.config.js', `export default ${config({ name: 'js' })}`)
    await place.cli(['run', '--', 'true'])
    expect((await place.report()).run.name).toBe('js')
    place.write('ergometer.config.ts', `export default ${config({ name: 'ts' })}`)
    await place.cli(['run', '--', 'true'])
    expect((await place.report()).run.name).toBe('ts')
  })

  test('is never searched upwards', async ({ place }) => {
    place.write('ergometer.config.json', config({ name: 'above' }))
    mkdirSync(place.path('below'))
    const { code } = await place.cli(['run', '--meter', STEADY, '--', 'true'], { cwd: place.path('below') })
    expect(code).toBe(0)
    expect((await place.stored(place.path('below/.ergometer'))).run.name).toBe('true')
  })

  test('gives way to the environment, to startRun and to flags; tags merge', async ({ place }) => {
    place.write(
      'ergometer.config.json',
      config({ name: 'config', home: 'from-config', zone: 'SE', tags: { a: 1, b: 'config', c: true } }),
    )
    const env = { ERGOMETER_HOME: 'from-environment' }
    await place.cli(['run', '--name', 'flag', '--tag', 'b=flag', '--zone', 'FR', '--', 'true'], { env })
    const byFlag = await place.stored(place.path('from-environment'))
    expect(byFlag.run).toMatchObject({ name: 'flag', tags: { a: '1', b: 'flag', c: 'true' } })
    expect(byFlag.carbon.intensity.zone).toBe('FR')

    await trained(place, `{ tags: { b: 'code' }, home: 'from-code' }`, { env })
    const byCode = await place.stored(place.path('from-code'))
    expect(byCode.run).toMatchObject({ name: 'config', tags: { a: '1', b: 'code', c: 'true' } })
    expect(byCode.carbon.intensity.zone).toBe('SE')

    await trained(place)
    expect((await place.stored(place.path('from-config'))).run.name).toBe('config')
  })

  test('of another name is read where --config names it, and only then', async ({ place }) => {
    place.write('ergometer.config.json', config({ name: 'default' }))
    place.write('other.json', config({ name: 'other' }))
    await place.cli(['run', '--config', 'other.json', '--', 'true'])
    expect((await place.stored()).run.name).toBe('other')
  })

  const wrong: readonly [what: string, file: string, text: string, message: RegExp][] = [
    ['bad JSON', 'json', '{ "name": ', /ergometer\.config\.json: cannot be loaded: .*JSON/],
    [
      'an unknown key',
      'json',
      '{ "nmae": "typo" }',
      /ergometer\.config\.json: settings: unknown 'nmae': expected name, tags, /,
    ],
    [
      'an unknown limit',
      'json',
      '{ "budget": { "joules": 5 } }',
      /ergometer\.config\.json: budget: unknown 'joules': expected kilowattHours, gramsCo2e or hours$/m,
    ],
    ['a value of the wrong type', 'json', '{ "tags": { "lr": [1] } }', /ergometer\.config\.json: tags\.lr: /],
    ['no object', 'json', '[1]', /ergometer\.config\.json: .*expected/],
    ['a syntax error', 'ts', 'export default {', /ergometer\.config\.ts: cannot be loaded: /],
    [
      'a throw',
      'js',
      'throw new Error("no settings today")',
      /ergometer\.config\.js: cannot be loaded: no settings today/,
    ],
    [
      'no default export',
      'ts',
      'export const name = 1',
      /ergometer\.config\.ts: cannot be loaded: expected a default export/,
    ],
    ['a bad pue', 'ts', 'export default { pue: 0.5 }', /ergometer\.config\.ts: pue: expected at least 1/],
  ]
  test.for(wrong)(
    'with %s: one line, exit 2, CMD not started',
    async ([, extension, text, message], { place }) => {
      place.write(`ergometer.config.${extension}`, text)
      const { code, stdout, stderr } = await place.cli(['run', '--', 'echo', 'started'])
      expect({ code, stdout: stdout.toString() }).toEqual({ code: 2, stdout: '' })
      expect(stderr).toMatch(/^ergometer: [^\n]*\n$/)
      expect(stderr).toMatch(message)
      const { code: refusal, refused } = await trained(place)
      expect(refusal).toBe(9)
      expect(refused).toMatch(message)
      expect(place.runFolders()).toEqual([])
      expect(place.eventDirectories()).toEqual([])
    },
  )

  test('that is not there, where --config names it', async ({ place }) => {
    const { code, stdout, stderr } = await place.cli([
      'run',
      '--config',
      'missing.json',
      '--',
      'echo',
      'started',
    ])
    expect({ code, stdout: stdout.toString() }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(/^ergometer: \/.*missing\.json: no such configuration file\n$/)
  })
})

describe.concurrent('a meter in TypeScript', () => {
  test('is loaded from its file, from the command line and from code', async ({ place }) => {
    const source = readFileSync(STEADY, 'utf8').replace(
      'validate: (value)',
      'validate: (value: { watts?: number })',
    )
    place.write('my-meter.ts', source)
    const { code, stderr } = await place.cli([
      'run',
      '--meter',
      './my-meter.ts={"watts":80}',
      '--',
      ...untilMetered(80),
    ])
    expect({ code, stderr: stderr.includes('cannot') }).toEqual({ code: 3, stderr: false })
    expect(domain(await place.stored()).meanWatts).toBeCloseTo(80, 0)

    const script = place.training(`
      const run = await startRun({ meters: ['./my-meter.ts'] })
      await sleep(1.2)
      const report = await run.end()
      say('watts ' + report.energy.domains[0].meanWatts)
    `)
    const training = place.node(script, [], { input: '' })
    expect(Number(await training.said('watts'))).toBeCloseTo(WATTS, 0)
  })

  test('defined in the training itself is refused, with what to do', async ({ place }) => {
    const script = place.write(
      'train.mjs',
      `import { defineMeter } from ${JSON.stringify(import.meta.resolve('@ergometer/meter').replace('/src/index.ts', '/dist/index.js'))}
       import { startRun } from ${JSON.stringify(LIBRARY)}
       export const mine = defineMeter(import.meta.url, { name: 'mine', open: () => ({ domains: [], read() {} }) })
       await startRun({ meters: [mine()] }).catch((error) => console.log(error.code + ' ' + error.message))`,
    )
    const { code, stdout } = await place.node(script, [], { input: '' }).ended
    expect(code).toBe(0)
    expect(stdout.toString()).toMatch(/^METER_IN_TRAINING_MODULE .*'mine'.*train\.mjs.*a file of its own/)
    expect(place.runFolders()).toEqual([])
  })
})
