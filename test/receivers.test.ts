import { execFile } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  promtool,
  query,
  queryUntil,
  startPrometheus,
  startVictoriaMetrics,
  whyNoReceivers,
} from './receivers.ts'
import { root } from './samples.ts'

describe.skipIf(process.platform !== 'linux')('scripts/receivers.mjs', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ergometer-receivers-'))
    mkdirSync(join(folder, 'bin'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  /** A machine whose package tools do this. */
  const machine = (tools: Readonly<Record<string, string>>) => {
    for (const [name, script] of Object.entries(tools)) {
      writeFileSync(
        join(folder, 'bin', name),
        `#!/bin/sh\necho "${name} $*" >> "${folder}/calls"\n${script}\n`,
      )
      chmodSync(join(folder, 'bin', name), 0o755)
    }
  }
  const calls = (words: string) => {
    const path = join(folder, 'calls')
    return existsSync(path) ? readFileSync(path, 'utf8').split(words).length - 1 : 0
  }
  const ask = (path = join(folder, 'bin')): Promise<{ folder?: string; why?: string }> =>
    new Promise((resolve, reject) => {
      const env = { ...process.env, XDG_CACHE_HOME: join(folder, 'cache'), PATH: path }
      const script = join(root, 'scripts/receivers.mjs')
      execFile(process.execPath, [script], { env }, (error, stdout) =>
        error ? reject(error) : resolve(JSON.parse(stdout)),
      )
    })
  const withSystem = () => [join(folder, 'bin'), process.env['PATH']].join(delimiter)
  const aptGet = `case "$*" in
    *indextargets*) echo http://mirror.example/debian/;;
    *download*) sleep 0.3; touch prometheus_1_amd64.deb victoria-metrics_1_amd64.deb;;
  esac`
  const dpkg = `mkdir -p unpacked/usr/bin; cd unpacked/usr/bin; touch prometheus promtool victoria-metrics vmalert`

  test('two that ask at once get one installation, and later ones find it there', async () => {
    machine({ 'apt-get': aptGet, dpkg })
    const [one, other] = await Promise.all([ask(withSystem()), ask(withSystem())])
    expect(one).toEqual({ folder: expect.stringContaining(join(folder, 'cache')) })
    expect(other).toEqual(one)
    expect(existsSync(join(one.folder ?? '', 'promtool'))).toBe(true)
    expect(await ask(withSystem())).toEqual(one)
    expect(calls('download')).toBe(1)
  })

  test('apt is told to leave its own state alone', async () => {
    machine({ 'apt-get': aptGet, dpkg })
    await ask(withSystem())
    for (const line of readFileSync(join(folder, 'calls'), 'utf8').split('\n')) {
      if (/update|download/.test(line)) expect(line).toMatch(/Dir::State=\S*cache.*Dir::Etc::sourceparts=-/)
    }
  })

  test('a mirror that fails is one reason, which the next one hears without asking it again', async () => {
    machine({
      'apt-get': `case "$*" in *update*) echo 'E: no route' >&2; exit 100;; *) echo http://mirror.example/debian;; esac`,
      dpkg,
    })
    expect(await ask(withSystem())).toEqual({ why: 'apt-get: E: no route' })
    expect(await ask(withSystem())).toEqual({ why: 'apt-get: E: no route' })
    expect(calls('update')).toBe(1)
  })

  test('another system is a reason', async () => {
    expect(await ask()).toEqual({ why: expect.stringContaining('packages of Debian') })
  })
})

describe.skipIf(whyNoReceivers())('real receivers', () => {
  test('Prometheus scrapes, evaluates rules and answers', async () => {
    const exporter = createServer((_, reply) => reply.end('hw_energy_total{hw_id="a"} 7\n'))
    await new Promise<void>((resolve) => exporter.listen(0, '127.0.0.1', resolve))
    const { port } = exporter.address() as AddressInfo
    const folder = mkdtempSync(join(tmpdir(), 'ergometer-rules-'))
    writeFileSync(
      join(folder, 'rules.yml'),
      'groups: [{ name: g, rules: [{ record: twice, expr: hw_energy_total * 2 }] }]',
    )
    const prometheus = await startPrometheus({
      targets: [`127.0.0.1:${port}`],
      rules: [join(folder, 'rules.yml')],
    })
    try {
      const [twice] = await queryUntil(prometheus.url, 'twice')
      expect(twice).toEqual({ labels: expect.objectContaining({ hw_id: 'a', job: 'ergometer' }), value: 14 })
      expect(await query(prometheus.url, '1 + 1')).toEqual([{ labels: {}, value: 2 }])
      await expect(query(prometheus.url, 'sum(')).rejects.toThrow(/parse error/)
      await expect(queryUntil(prometheus.url, 'nothing', undefined, 0)).rejects.toThrow('nothing: still []')
    } finally {
      await prometheus.stop()
      await prometheus.stop()
      exporter.close()
      rmSync(folder, { recursive: true })
    }
    await expect(query(prometheus.url, '1')).rejects.toThrow()
  })

  test('VictoriaMetrics loads samples, old ones and new, and answers', async () => {
    const store = await startVictoriaMetrics()
    try {
      const yearAgo = Math.floor(Date.now() / 1000) - 365 * 86_400
      await store.load(`hw_energy_joules_total{hw_id="a"} 7 ${yearAgo * 1000}\n`)
      const answers = await query(store.url, 'hw_energy_joules_total', yearAgo + 1)
      expect(answers).toEqual([{ labels: { __name__: 'hw_energy_joules_total', hw_id: 'a' }, value: 7 }])
      await store.load('hw_power_watts 8\n')
      const [now] = await queryUntil(store.url, 'hw_power_watts')
      expect(now?.value).toBe(8)
      const refused = await fetch(`${store.otlpEndpoint}/v1/metrics`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{}',
      })
      expect(refused.status).toBe(400)
    } finally {
      await store.stop()
    }
  })

  test('promtool says what is wrong with a rule', () => {
    expect(promtool(['--version'])).toEqual({ code: 0, output: expect.stringContaining('promtool') })
    expect(promtool(['check', 'metrics'], 'a_total 1\n').code).not.toBe(0)
  })
})
