import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect } from 'vitest'
import { codes, type Place, STEADY, test } from './processes.ts'

const METER = ['--meter', STEADY]

/** A command, and a training, that last until the source has told something, and some of the energy is known. */
const TOLD = [
  'sh',
  '-c',
  'until grep -qs \'"kind":"intensity"\' .ergometer/runs/*/journal.ndjson; do sleep 0.1; done; sleep 1.1',
]
const UNTIL_TOLD = `
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
const hasTold = () => readdirSync('.ergometer/runs').some((run) => readFileSync(join('.ergometer/runs', run, 'journal.ndjson'), 'utf8').includes('"kind":"intensity"'))
while (!hasTold()) await sleep(0.05)
await sleep(1.1)
`

/** A CSV in which the whole run has one intensity. */
function grid(place: Place, grams: number, name = 'grid.csv'): string {
  return `csv=${JSON.stringify({ path: place.write(name, `time,gramsPerKilowattHour\n2020-01-01T00:00:00Z,${grams}\n`) })}`
}

function steps(place: Place) {
  return place.journal().filter((line) => 'kind' in line && line.kind === 'intensity')
}

/** The British service on this machine: one figure for every half-hour. */
async function serving(answer: (url: string) => { status?: number; body?: unknown } | 'silence') {
  const asked: string[] = []
  const server: Server = createServer((request, response) => {
    asked.push(request.url ?? '')
    const given = answer(request.url ?? '')
    if (given === 'silence') return
    response.writeHead(given.status ?? 200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(given.body ?? {}))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    asked,
    source: `carbonintensity-uk=${JSON.stringify({ url })}`,
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

function halfHour(actual: number) {
  const from = Math.floor(Date.now() / 1_800_000) * 1800
  const text = (seconds: number) => new Date(seconds * 1000).toISOString()
  const one = (begin: number) => ({
    from: text(begin),
    to: text(begin + 1800),
    intensity: { forecast: null, actual },
  })
  return { body: { data: [one(from - 1800), one(from), one(from + 1800)] } }
}

describe.concurrent('ergometer run --source', () => {
  test('writes what a source tells into the journal, and reports by it, now and later', async ({ place }) => {
    const flags = ['--source', grid(place, 250), '--zone', 'DK-DK1', '--pue', '1.2']
    await place.cli(['run', ...METER, ...flags, '--', ...TOLD])
    const stored = await place.stored()
    const { gramsCo2e = Number.NaN, intensity, coverage } = stored.carbon
    expect(gramsCo2e).toBeCloseTo(((stored.energy.joules ?? Number.NaN) / 3.6e6) * 250 * 1.2, 9)
    expect(intensity).toMatchObject({
      gramsPerKilowattHour: 250,
      source: 'csv',
      zone: 'DK-DK1',
      estimated: false,
    })
    expect(coverage).toBe(stored.energy.coverage)
    expect(codes(stored)).not.toContain('zone-unknown')
    expect(steps(place)).toHaveLength(1)
    expect((await place.report()).carbon).toEqual(stored.carbon)
    const other = await place.cli(['report', '--intensity', '100', '--pue', '1', '--json'])
    const { carbon } = JSON.parse(other.stdout.toString())
    expect(carbon.gramsCo2e).toBeCloseTo(gramsCo2e / 3, 9)
    expect(carbon.factors.recomputed).toEqual(['intensity', 'pue'])
    expect(await place.stored()).toEqual(stored)
    for (const format of ['terminal', 'md']) {
      const shown = await place.cli(['report', '--pue', '1.5', '--format', format])
      expect(shown.stdout.toString()).toMatch(/PUE 1\.5.*recomputed: other pue than recorded/s)
    }
  })

  test('asks the service of the source', async ({ place }) => {
    const service = await serving(() => halfHour(180))
    try {
      await place.cli(['run', ...METER, '--source', service.source, '--', ...TOLD])
      const { carbon } = await place.stored()
      expect(carbon.intensity).toMatchObject({ gramsPerKilowattHour: 180, zone: 'GB', basis: 'direct' })
      expect(service.asked.length).toBeGreaterThan(0)
    } finally {
      service.close()
    }
  })

  test('sends a token to its service, and keeps it out of everything that is written', async ({ place }) => {
    const headers: (string | undefined)[] = []
    const server = createServer((request, response) => {
      headers.push(request.headers['auth-token'] as string | undefined)
      response.writeHead(401)
      response.end('very-secret is wrong')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    try {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      const source = `electricity-maps=${JSON.stringify({ url, zone: 'FR', tokenEnv: 'EM' })}`
      const env = { EM: 'very-secret' }
      const cmd = [
        'sh',
        '-c',
        'until grep -qs \'"code":"intensity-source-failed"\' .ergometer/runs/*/journal.ndjson; do sleep 0.1; done',
      ]
      const { stderr } = await place.cli(['run', ...METER, '--source', source, '--', ...cmd], { env })
      const report = await place.stored()
      expect(headers).toContain('very-secret')
      expect(codes(report)).toContain('intensity-source-failed')
      expect(JSON.stringify([report, place.journal(), stderr])).not.toContain('very-secret')
    } finally {
      server.closeAllConnections()
      server.close()
    }
  })

  test('goes on when the service answers nothing, wrong, or never, and ends as soon', async ({ place }) => {
    const answers = [{ status: 401 }, { body: '<html>' }, 'silence'] as const
    for (const [index, answer] of answers.entries()) {
      const service = await serving(() => answer)
      const home = place.path(`home-${index}`)
      try {
        const flags = ['--home', home, '--source', service.source]
        const { code } = await place.cli(['run', ...METER, ...flags, '--', 'sh', '-c', 'exit 3'])
        expect(code).toBe(3)
        const report = await place.stored(home)
        expect(report.energy.joules ?? 0).toBeGreaterThanOrEqual(0)
        // An average of the stack alone has no yearly figure that could stand in.
        expect(report.carbon).not.toHaveProperty('gramsCo2e')
      } finally {
        service.close()
      }
    }
  })

  test('says why a source cannot be opened, and what is done about it', async ({ place }) => {
    const flags = ['--zone', 'FR', '--source', 'electricity-maps={"tokenEnv":"NO_SUCH_TOKEN"}']
    const { stderr } = await place.cli(['run', ...METER, ...flags, '--', 'sleep', '1.2'])
    expect(stderr).toMatch(
      /set NO_SUCH_TOKEN.*FR yearly figure of 2024 stands in where it tells nothing: 44\.18 g\/kWh/,
    )
    const { carbon, health } = await place.stored()
    expect(carbon).toMatchObject({
      estimatedShare: 1,
      intensity: { gramsPerKilowattHour: 44.18, estimated: true },
    })
    expect(health.map(({ code }) => code)).toEqual(
      expect.arrayContaining(['intensity-source-failed', 'intensity-stand-in']),
    )
  })

  test('ends a run whose budget of grams is spent by the intensity of its source', async ({ place }) => {
    // 200 W at 5000 g/kWh are 0.28 g in a second.
    const flags = ['--source', grid(place, 5000), '--budget', 'gramsCo2e=0.2']
    await place.cli(['run', ...METER, ...flags, '--', 'sleep', '60'])
    const { run } = await place.stored()
    expect(run).toMatchObject({ status: 'aborted', reason: expect.stringContaining('0.2 g CO2e') })
  })
})

describe.concurrent('startRun', () => {
  test('takes a source, and the other factors, from its options or the configuration', async ({ place }) => {
    place.write(
      'ergometer.config.json',
      JSON.stringify({
        source: grid(place, 100, 'config.csv'),
        embodied: 'aws:p4d.24xlarge',
        water: { siteLitresPerKilowattHour: 2 },
      }),
    )
    const script = place.training(
      `const run = await startRun({ meters, source: ${JSON.stringify(grid(place, 300))} }); run.work({ samples: 10 })\n${UNTIL_TOLD}\nawait run.end()`,
    )
    await place.node(script).ended
    const { carbon, water, energy } = await place.stored()
    expect(carbon.intensity.gramsPerKilowattHour).toBeCloseTo(300, 9)
    expect(carbon.embodiedGrams).toBeGreaterThan(0)
    expect(carbon.factors?.embodied?.hardware).toBe('aws:p4d.24xlarge')
    expect(water?.litres).toBeCloseTo(((energy.joules ?? Number.NaN) / 3.6e6) * 2, 9)
  })

  test('takes a source of somebody’s own, by its module', async ({ place }) => {
    place.write(
      'night.mjs',
      `import { defineIntensitySource } from '@ergometer/carbon'
export const night = defineIntensitySource(import.meta.url, {
  name: 'night',
  open: () => {
    const labels = { kind: 'marginal', basis: 'direct', source: 'night', estimated: false }
    return { ...labels, latest: async () => undefined, history: async () => [{ from: 0, gramsPerKilowattHour: 33, ...labels }] }
  },
})
`,
    )
    const script = place.training(
      `const module = new URL('night.mjs', import.meta.url).href
const run = await startRun({ meters, source: { module, source: 'night' } })
${UNTIL_TOLD}
await run.end()`,
    )
    await place.node(script).ended
    const { carbon } = await place.stored()
    expect(carbon.intensity).toMatchObject({
      gramsPerKilowattHour: 33,
      kind: 'marginal',
      basis: 'direct',
      source: 'night',
    })
    expect((await place.report()).carbon).toEqual(carbon)
  })

  test('leaves out the source of the configuration where an intensity is stated', async ({ place }) => {
    place.write('ergometer.config.json', JSON.stringify({ source: grid(place, 100) }))
    const script = place.training(
      'const run = await startRun({ meters, intensity: 7 }); await sleep(1.1); await run.end()',
    )
    await place.node(script).ended
    expect((await place.stored()).carbon.intensity).toMatchObject({
      gramsPerKilowattHour: 7,
      source: 'constant',
    })
  })
})

describe.concurrent('what is wrong is refused in one line', () => {
  const wrong: [flags: string[], message: RegExp][] = [
    [['--source', 'nowhere'], /Unknown intensity source "nowhere": expected one of bundled,/],
    [['--source', 'csv'], /source csv, options: path/],
    [['--source', 'csv={"path":1}'], /source csv, options: path: expected a text/],
    [['--source', 'csv=grid.csv'], /source 'csv': its options are no JSON/],
    [['--zone', 'DK-DK1'], /unknown zone 'DK-DK1'/],
    [['--overhead', '0.9'], /overhead: expected at least 1/],
    [['--overhead', 'much'], /overhead: .*number/],
    [['--water', '-1'], /water.*litres per kWh/],
    [['--embodied', 'aws:x1'], /"aws:x1" are bundled/],
    [['--embodied', '{"totalGrams":-1}'], /embodied/],
    [['--embodied', '{"totalGrams":1'], /--embodied .*no JSON/],
    [['--parameters', '0'], /parameters: expected at least 1/],
  ]
  test.for(wrong)('%s', async ([flags, message], { place }) => {
    for (const command of [
      ['run', ...flags, '--', 'true'],
      ['report', ...flags],
    ]) {
      const { code, stdout, stderr } = await place.cli(command)
      expect({ code, stdout: stdout.toString() }).toEqual({ code: 2, stdout: '' })
      expect(stderr.trimEnd().split('\n')).toHaveLength(1)
      expect(stderr).toMatch(message)
    }
    expect(place.runFolders()).toEqual([])
  })
})
