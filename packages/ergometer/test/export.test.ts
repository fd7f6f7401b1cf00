import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect } from 'vitest'
import { receiving } from './otlp-receiver.ts'
import { eventually, runs, STEADY, test, untilMetered, WATTS } from './processes.ts'

const METER = ['--meter', STEADY]

/** What Prometheus would read: values by series. */
async function scrape(port: number): Promise<Map<string, number> | undefined> {
  try {
    const reply = await fetch(`http://127.0.0.1:${port}/metrics`)
    const lines = (await reply.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'))
    return new Map(
      lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]),
    )
  } catch {
    return undefined
  }
}

function startWith(series: Map<string, number> | undefined, begin: string): number | undefined {
  return [...(series ?? [])].find(([name]) => name.startsWith(begin))?.[1]
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** Waits for what only another process can make true. */
async function until<Value>(look: () => Promise<Value | undefined>, what: string): Promise<Value> {
  for (let left = 600; left > 0; left--) {
    const value = await look()
    if (value !== undefined) return value
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`waited in vain for ${what}`)
}

describe.concurrent('ergometer run --otlp', () => {
  test('sends the totals of the report, from the begin of the run on', async ({ place }) => {
    using receiver = await receiving()
    const args = ['run', ...METER, `--otlp=${receiver.url}/base/`, '--name', 'r', '--', ...untilMetered(300)]
    const { code } = await place.cli(args, {
      env: { ...receiver.env, OTEL_EXPORTER_OTLP_HEADERS: 'x-key=k' },
    })
    expect(code).toBe(3)
    const { run, energy, carbon } = await place.stored()
    const { path, headers, resource, metrics } = await eventually(
      () =>
        receiver.got.find(
          (one) =>
            Math.abs((one.metrics['ergometer.run.energy']?.[0]?.value ?? 0) / (energy.joules as number) - 1) <
            1e-3,
        ),
      'the last export',
    )
    expect(path).toBe('/base/v1/metrics')
    expect(headers['x-key']).toBe('k')
    expect(resource).toMatchObject({
      'service.name': 'ergometer',
      'service.instance.id': run.id,
      'ergometer.run.id': run.id,
    })
    expect(JSON.stringify(resource)).not.toContain('readFileSync')
    const [total] = metrics['ergometer.run.energy'] ?? []
    expect(total?.attributes).toEqual({ 'ergometer.run.name': 'r', 'ergometer.energy.method': 'measured' })
    expect(total?.begin).toBeLessThan(total?.time ?? 0)
    // Whatever a machine that stalls does, counters start with the run.
    expect(Math.abs((total?.begin ?? 0) - Date.parse(run.startedAt) / 1000)).toBeLessThan(3)
    expect(metrics['ergometer.run.emissions']?.[0]?.value).toBeCloseTo(carbon.gramsCo2e as number, 3)
    expect(metrics['hw.host.energy']).toBeUndefined()
    expect(metrics['hw.energy']?.[0]?.value).toBeCloseTo(energy.joules as number, 3)
  })

  test('is what OTEL_EXPORTER_OTLP_* ask for, unless another exporter is; startRun does not ask them', async ({
    place,
  }) => {
    using receiver = await receiving()
    const env = { ...receiver.env, OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url }
    const cli = (more: NodeJS.ProcessEnv, home: string) =>
      place.cli(['run', ...METER, '--home', home, '--', process.execPath, '-e', '0'], {
        env: { ...env, ...more },
      })
    await cli({ OTEL_METRICS_EXPORTER: 'none' }, 'a')
    await cli({ OTEL_SDK_DISABLED: 'true' }, 'b')
    const sdk = place.node(place.training('const run = await startRun({ meters }); await run.end()'), [], {
      env,
    })
    expect((await sdk.ended).code).toBe(0)
    expect(receiver.got).toEqual([])
    await cli({}, 'c')
    await eventually(() => receiver.got.length > 0, 'an export')
  })

  test('a collector that is down costs the training nothing', async ({ place }) => {
    const port = await freePort()
    const args = ['run', ...METER, `--otlp=http://user:secret@127.0.0.1:${port}`, '--', ...untilMetered(100)]
    const { code, stdout, stderr } = await place.cli(args)
    expect(code).toBe(3)
    expect(stdout.toString()).toBe('result\n')
    expect(stderr).not.toContain('secret')
    expect(stderr).toMatch(/metrics (cannot be|are not) sent.*'ergometer export/)
    expect((await place.stored()).energy.joules).toBeGreaterThan(0)
  })
})

describe.concurrent('ergometer run --prometheus', () => {
  test('is scraped while it runs, and a last time after its end', async ({ place }) => {
    const port = await freePort()
    const args = [
      'run',
      ...METER,
      `--prometheus=127.0.0.1:${port}`,
      '--name',
      'r',
      '--',
      ...untilMetered(600),
    ]
    const running = place.ergometer(args, { input: '' })
    await until(async () => startWith(await scrape(port), 'ergometer_run_energy_total'), 'a scrape')
    expect((await running.ended).code).toBe(3)
    const { energy } = await place.stored()
    const last = await until(async () => {
      const told = startWith(await scrape(port), 'ergometer_run_energy_total') ?? Number.NaN
      return Math.abs(told / (energy.joules as number) - 1) < 1e-3 ? told : undefined
    }, 'the last scrape')
    expect(last).toBeCloseTo(energy.joules as number, 1)
    await until(
      async () => ((await scrape(port)) === undefined ? true : undefined),
      'the end of the endpoint',
    )
  })

  test('an endpoint that is taken is waited for', async ({ place }) => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const running = place.ergometer([
      'run',
      ...METER,
      `--prometheus=${port}`,
      '--',
      process.execPath,
      '-e',
      'process.stdin.resume()',
    ])
    await place.begun()
    await new Promise((resolve) => server.close(resolve))
    await until(async () => startWith(await scrape(port), 'ergometer_run_energy_total'), 'a scrape')
    running.child.stdin?.end()
    expect((await running.ended).code).toBe(0)
  })
})

describe('startRun', () => {
  test('exports by its recorder, and waits for the last export', async ({ place }) => {
    using receiver = await receiving()
    const script = place.training(`
      const run = await startRun({ meters, otlp: ${JSON.stringify(receiver.url)} })
      while (!((run.live()?.joules ?? 0) > 100)) await sleep(0.05)
      const report = await run.end()
      say('joules ' + report.energy.joules + ' ' + run.live().joules + ' ' + run.exported)`)
    const running = place.node(script, [], { env: receiver.env })
    const [joules, live, exported] = (await running.said('joules')).split(' ')
    await running.ended
    expect(exported).toBe('true')
    expect(Number(live) / Number(joules)).toBeCloseTo(1, 3)
    await eventually(
      () => receiver.got.some((one) => one.metrics['ergometer.run.energy']?.[0]?.value === Number(live)),
      'the last export',
    )
  })
})

describe('ergometer agent', () => {
  test('exports the node until it is told to stop', async ({ place }) => {
    using receiver = await receiving()
    const port = await freePort()
    const agent = place.ergometer(
      ['agent', ...METER, '--zone', 'FR', `--otlp=${receiver.url}`, `--prometheus=127.0.0.1:${port}`],
      { env: receiver.env },
    )
    const watts = await until(async () => startWith(await scrape(port), 'hw_power'), 'a scrape')
    expect(watts).toBeCloseTo(WATTS, 0)
    const page = await scrape(port)
    expect([...(page?.keys() ?? [])].join('\n')).not.toContain('ergometer_run_')
    expect(startWith(page, 'ergometer_carbon_intensity')).toBe(44.18)
    agent.kill('SIGTERM')
    const { code, stderr } = await agent.ended
    expect(code).toBe(0)
    expect(stderr).toContain(`http://127.0.0.1:${port}/metrics`)
    expect(receiver.got.at(-1)?.resource['ergometer.run.id']).toBeUndefined()
    expect(receiver.got.at(-1)?.metrics['hw.energy']?.[0]?.value).toBeGreaterThan(0)
    expect(runs(agent.pid)).toBe(false)
  })

  test('says in one line what it cannot do', async ({ place }) => {
    const refused = async (...args: string[]) => place.cli(['agent', ...args])
    const results = await Promise.all([
      refused('--otlp=nowhere'),
      refused('--prometheus=a:b:c'),
      refused(...METER, '--meter', 'estimate={"x":1}'),
    ])
    for (const { code, stderr } of results) {
      expect(code).toBe(2)
      expect(stderr.trim().split('\n')).toHaveLength(1)
    }
  })
})
