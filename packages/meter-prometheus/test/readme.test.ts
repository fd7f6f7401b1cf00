import { readdirSync, readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { describe, expect, it } from 'vitest'
import { PRESETS } from '../src/presets.ts'
import type { PrometheusOptions } from '../src/prometheus-options.ts'
import { fixture, serve } from './exporter.ts'
import { Clock, open, read } from './open-prometheus.ts'
import { PrometheusServer } from './prometheus-server.ts'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const options = [...readme.matchAll(/--meter 'prometheus=(\{".*\})'/g)].map(
  ([, json]) => JSON.parse(json as string) as PrometheusOptions,
)

/** The rows of a table, each with the names in the first column. */
function firstColumn(heading: string): string[] {
  const section = readme.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? ''
  return section
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .flatMap((line) =>
      [...(line.split('|')[1] as string).matchAll(/`([^`]+)`/g)].map(([, name]) => name as string),
    )
}

describe('its commands', () => {
  it('work as they stand, at the addresses of a test', async () => {
    const page = `${fixture('dcgm-pods')}tpu_joules_total{chip="0"} 5\ntpu_joules_total{chip="1"} 6\n`
    const address = await serve((_request, response) => response.end(page))
    const clock = new Clock()
    const server = await new PrometheusServer(clock).start()
    server.scrape({ __name__: 'shelly_power_watts', plug: '7', instance: hostname() }, 88)
    const seen = []
    for (const { url, prometheus, ...rest } of options) {
      const where = url === undefined ? { prometheus: server.address } : { url: `${address}/metrics` }
      expect(new URL((url ?? prometheus) as string).protocol).toBe('http:')
      const { meter } = await open({ ...where, ...rest }, clock)
      seen.push((await read(meter, clock)).map(({ id, value }) => [id, value]))
    }
    expect(seen).toEqual([
      [['GPU-6bf47ca9-ad3e-15db-beed-1079a7d74116', 4335301032]],
      [['shelly_power_watts', 88]],
      [
        ['0', 5],
        ['1', 6],
      ],
    ])
  })
})

describe('its tables', () => {
  it('have every preset and its metrics', () => {
    expect(firstColumn('Domains and units')).toEqual(Object.keys(PRESETS))
    for (const { rules } of Object.values(PRESETS)) {
      for (const name of rules.flatMap(({ metrics = [] }) => metrics)) {
        const told =
          readme.includes(`\`${name}\``) || /_watts?$|^kepler_node_(package|dram)_joules_total$/.test(name)
        expect(told, name).toBe(true)
      }
    }
  })

  it('have every option', () => {
    const source = readFileSync(new URL('../src/prometheus-options.ts', import.meta.url), 'utf8')
    const inCode = [...source.matchAll(/^ {2}readonly (\w+)\?:/gm)].map(([, name]) => name as string)
    expect(firstColumn('Options').sort()).toEqual(inCode.sort())
  })

  it('have every code of an error', () => {
    const folder = new URL('../src/', import.meta.url)
    const sources = readdirSync(folder)
      .map((file) => readFileSync(new URL(file, folder), 'utf8'))
      .join('\n')
    const codes = new Set([...sources.matchAll(/code: '(PROMETHEUS_[A-Z_]+)'/g)].map(([, code]) => code))
    expect(firstColumn('Errors').sort()).toEqual([...codes].sort())
  })
})
