import { fileURLToPath } from 'node:url'
import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard'
import { describe, expect, test } from 'vitest'
import { fleetDashboard } from '../dashboards/fleet.ts'
import { runDashboard } from '../dashboards/run.ts'
import { RECORDING_RULES } from '../rules/recording-rules.ts'
import { expressionsOf, panelsOf } from './panels.ts'

const dashboards: readonly (readonly [string, () => Dashboard])[] = [
  ['run', runDashboard],
  ['fleet', fleetDashboard],
]

describe.each(dashboards)('dashboard %s', (name, build) => {
  test('is what its source makes of it', async () => {
    const path = fileURLToPath(new URL(`../dashboards/${name}.json`, import.meta.url))
    await expect(`${JSON.stringify(build(), null, 2)}\n`).toMatchFileSnapshot(path)
  })

  test('goes to any Grafana: no number of its own, the source of data is chosen there', () => {
    const { id, uid, templating } = build()
    expect(id ?? null).toBeNull()
    expect(uid).toBe(`ergometer-${name}`)
    const variables = new Map(templating?.list?.map((variable) => [variable.name, variable]))
    expect(variables.get('datasource')).toMatchObject({ type: 'datasource', query: 'prometheus' })
    expect([...variables.keys()]).toEqual(expect.arrayContaining(['run', 'job', 'instance']))
    const sources = JSON.stringify(build()).match(/"uid":"[^"]*"/g)
    expect(new Set(sources)).toEqual(new Set([`"uid":"ergometer-${name}"`, `"uid":"\${datasource}"`]))
  })

  test('every panel says what it shows, in its unit, at a place of its own', () => {
    const panels = panelsOf(build())
    expect(panels.length).toBeGreaterThan(10)
    const places = new Set<string>()
    for (const { title, description, gridPos, fieldConfig, type } of panels) {
      expect(title).toBeTruthy()
      expect(description).toMatch(/\.$/)
      if (type !== 'table')
        expect(fieldConfig?.defaults?.unit, title).toMatch(/^(watt|joule|massg|percentunit|short)$/)
      const { x = -1, y = -1, w = 0, h = 0 } = gridPos ?? {}
      expect(x + w, title).toBeLessThanOrEqual(24)
      for (let column = x; column < x + w; column += 1)
        for (let row = y; row < y + h; row += 1) {
          expect(places, `${title} is on top of another`).not.toContain(`${column},${row}`)
          places.add(`${column},${row}`)
        }
    }
  })

  test('reads recording rules that there are, and nothing else', () => {
    const records = new Set(RECORDING_RULES.map(({ record }) => record))
    for (const { expr, title } of expressionsOf(build())) {
      const series = expr.match(/\bergometer:[a-z0-9_]+:[a-z0-9_]+/g) ?? []
      expect(series.length, title).toBeGreaterThan(0)
      for (const name of series) expect(records, title).toContain(name)
      expect(expr, title).not.toMatch(/hw_energy_total|hw_energy_joules_total/)
    }
  })
})
