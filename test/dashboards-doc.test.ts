import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { promtool, whyNoReceivers } from './receivers.ts'
import { codeBlock, document, root } from './samples.ts'

interface RuleFile {
  readonly groups: readonly {
    readonly rules: readonly { readonly record?: string; readonly alert?: string }[]
  }[]
}

const text = document('docs/dashboards.md')
const rulesOf = (name: string) =>
  (parse(document(`packages/otel/rules/${name}.yml`)) as RuleFile).groups.flatMap(({ rules }) => rules)
const firstCells = (form: RegExp) =>
  [...text.matchAll(/^\| `([^`]+)` +\|/gm)]
    .map(([, cell]) => cell as string)
    .filter((cell) => form.test(cell))

describe('docs/dashboards.md', () => {
  test('has every recorded series, and no other', () => {
    expect(firstCells(/^ergometer:/)).toEqual(rulesOf('ergometer').map(({ record }) => record))
  })

  test('has every alert, and no other', () => {
    expect(firstCells(/^Ergometer/)).toEqual(rulesOf('alerts').map(({ alert }) => alert))
  })

  test('names the budgets that there are', () => {
    for (const { record = '' } of rulesOf('budget')) expect(text).toContain(`\`${record}\``)
  })

  test.skipIf(whyNoReceivers())('its configuration is one that Prometheus takes', () => {
    const folder = mkdtempSync(join(tmpdir(), 'ergometer-dashboards-'))
    try {
      mkdirSync(join(folder, 'ergometer'))
      symlinkSync(join(root, 'packages/otel/rules'), join(folder, 'ergometer/rules'))
      writeFileSync(join(folder, 'prometheus.yml'), codeBlock(text, 'yaml', 'rule_files'))
      const { code, output } = promtool(['check', 'config', join(folder, 'prometheus.yml')])
      expect(code, output).toBe(0)
      expect(output.match(/SUCCESS: \d+ rules found/g)).toHaveLength(3)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
