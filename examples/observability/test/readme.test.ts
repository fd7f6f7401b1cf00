import { type ChildProcess, spawn } from 'node:child_process'
import { cpSync, mkdirSync, symlinkSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePort, promtool, queryUntil, receiverPath, whyNoReceivers } from '../../../test/receivers.ts'
import { codeBlocks, document, root, Scratch } from '../../../test/samples.ts'

const EXAMPLE = 'examples/observability'
/** Ports that the page names, and who may have them on this machine already. */
const PORTS = ['9464', '9091', '8428'] as const

describe.skipIf(whyNoReceivers())('the page of steps', () => {
  let here: Scratch
  let text: string
  let ports: Map<string, number>
  const servers: ChildProcess[] = []

  /** A text of the page with this machine's ports. */
  const withPorts = (some: string) =>
    [...ports].reduce((all, [port, own]) => all.replaceAll(port, `${own}`), some)

  beforeAll(async () => {
    here = new Scratch()
    ports = new Map()
    for (const port of PORTS) ports.set(port, await freePort())
    const page = document(`${EXAMPLE}/README.md`)
    // Without an address it is that of the page's configuration.
    text = withPorts(page.replaceAll('run --prometheus ', 'run --prometheus=9464 '))
    cpSync(join(root, EXAMPLE, 'train.mjs'), join(here.folder, 'train.mjs'))
    here.file('prometheus.yml', withPorts(document(`${EXAMPLE}/prometheus.yml`)))
    mkdirSync(join(here.folder, 'node_modules/@ergometer'), { recursive: true })
    symlinkSync(join(root, 'packages/otel'), join(here.folder, 'node_modules/@ergometer/otel'))
    for (const name of ['prometheus', 'victoria-metrics']) {
      here.command(name, `exec "${receiverPath(name)}" "$@"`)
    }
  })

  afterAll(async () => {
    for (const server of servers) {
      if (server.exitCode === null && server.signalCode === null) {
        const end = new Promise((resolve) => server.once('exit', resolve))
        server.kill()
        await end
      }
    }
    here?.[Symbol.dispose]()
  })

  /** The one command of the page that begins so. */
  const command = (begin: string): string => {
    const found = codeBlocks(text, 'sh').filter((block) => block.startsWith(begin))
    expect(found, begin).toHaveLength(1)
    return found[0] as string
  }

  /** Leaves a command of the page running, as in a terminal of its own. */
  const leaveRunning = (line: string): void => {
    const PATH = [join(here.folder, 'bin'), process.env['PATH']].join(delimiter)
    const args = ['--pdeathsig', 'TERM', 'sh', '-c', `exec ${line}`]
    servers.push(spawn('setpriv', args, { cwd: here.folder, env: { ...process.env, PATH }, stdio: 'ignore' }))
  }

  /** Runs a command of the page to its end. */
  const succeeds = async (line: string) => {
    const outcome = await here.shell(line)
    expect(outcome.code, outcome.stderr).toBe(0)
    return outcome
  }

  /** Waits until something of that address is there; what it shows is behind a redirection, in files that a package brings. */
  const isThere = async (url: string): Promise<void> => {
    const deadline = performance.now() + 60_000
    for (;;) {
      const response = await fetch(url, { redirect: 'manual' }).catch(() => undefined)
      if (response && response.status !== 503) return expect(response.status).toBeLessThan(400)
      if (performance.now() > deadline) throw new Error(`no answer at ${url}`)
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }

  /** The report of the fleet, as the page asks a store for it; a store may show what has come last a while later. */
  const fleetReport = async (store: string): Promise<void> => {
    const deadline = performance.now() + 90_000
    for (;;) {
      const { stdout } = await here.shell(command(`ergometer report --from-prometheus ${store}`))
      if (/digits/.test(stdout) && /Energy .*J/.test(stdout) && /samples/.test(stdout)) return
      if (performance.now() > deadline) throw new Error(`no report with energy and work: ${stdout}`)
      await new Promise((resolve) => setTimeout(resolve, 500))
    }
  }

  test('its configuration is one that Prometheus takes', () => {
    const { code, output } = promtool(['check', 'config', join(here.folder, 'prometheus.yml')])
    expect(output.match(/SUCCESS: \d+ rules found/g)).toHaveLength(2)
    expect(code, output).toBe(0)
  })

  test('leads from a training to a graph in Prometheus', async () => {
    leaveRunning(command('prometheus '))
    const [, href = ''] = /<(http:[^>]*\/graph\?[^>]*)>/.exec(text) ?? []
    const { origin, searchParams } = new URL(href)
    await isThere(href)
    await succeeds(command('ergometer run --prometheus'))
    const { energy } = await here.report()
    const joules = energy.joules as number
    const isTotal = (found: readonly { value: number }[]) =>
      Math.abs((found[0]?.value ?? Number.NaN) / joules - 1) < 1e-3
    await queryUntil(origin, 'sum(last_over_time(ergometer_run_energy_total[1h]))', isTotal)
    // The graph has a line.
    const [watts] = await queryUntil(origin, `max_over_time(${searchParams.get('g0.expr')}[1h])`)
    expect(watts?.value).toBeGreaterThan(0)
    for (const others of codeBlocks(text, 'promql')[0]?.split('\n\n') ?? []) {
      // As a graph shows it: also what has ended.
      await queryUntil(origin, `max_over_time((${others.replace(/^#.*\n/, '')})[1h:1s])`)
    }
    await fleetReport(origin)
  })

  test('leads to the same over OTLP', async () => {
    leaveRunning(command('victoria-metrics '))
    const [, store = ''] = /--otlp=(http:\/\/[^/]+)/.exec(command('ergometer run --otlp')) ?? []
    await isThere(`${store}/health`)
    await succeeds(command('ergometer run --otlp'))
    await fleetReport(store)
  })

  test('names files that there are', () => {
    const named = [...document(`${EXAMPLE}/README.md`).matchAll(/`node_modules\/@ergometer\/otel\/([^`]+)`/g)]
    expect(named).toHaveLength(1)
    for (const [, path] of named) expect(document(`packages/otel/${path}`)).toContain('"panels"')
  })
})
