import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { promtool, vmalert, whyNoReceivers } from '../../../test/receivers.ts'
import { RECORDING_RULES, ruleFile } from '../rules/recording-rules.ts'
import { spellings } from '../rules/spelling.ts'
import { METRICS } from '../src/names.ts'

const folder = fileURLToPath(new URL('../rules/', import.meta.url))
const tests = fileURLToPath(new URL('./rules/', import.meta.url))

test('metrics are spelled as each path spells them', () => {
  expect(spellings(METRICS.hardwareEnergy, 'counter')).toEqual(['hw_energy_total', 'hw_energy_joules_total'])
  expect(spellings(METRICS.runEmissions, 'counter')).toEqual([
    'ergometer_run_emissions_total',
    'ergometer_run_emissions_grams_total',
  ])
  expect(spellings(METRICS.runWork, 'counter')).toEqual(['ergometer_run_work_total'])
  expect(spellings(METRICS.coverage, 'gauge')).toEqual([
    'ergometer_meter_coverage',
    'ergometer_meter_coverage_ratio',
  ])
  expect(spellings(METRICS.intensity, 'gauge')).toEqual(['ergometer_carbon_intensity'])
})

test('the rule file is what its source makes of it', async () => {
  await expect(ruleFile(RECORDING_RULES)).toMatchFileSnapshot(join(folder, 'ergometer.yml'))
})

const FILES = ['ergometer.yml', 'alerts.yml', 'budget.yml']

describe.skipIf(whyNoReceivers())('the rules', () => {
  test.each(FILES)('Prometheus reads %s', (name) => {
    const { code, output } = promtool(['check', 'rules', join(folder, name)])
    expect(output).toContain('SUCCESS')
    expect(code).toBe(0)
  })

  test.each(FILES)('VictoriaMetrics reads %s', (name) => {
    const { code, output } = vmalert(['-dryRun', `-rule=${join(folder, name)}`])
    expect(code, output).toBe(0)
  })

  test.each(readdirSync(tests).filter((name) => name.endsWith('_test.yml')))('%s holds', (name) => {
    const { code, output } = promtool(['test', 'rules', join(tests, name)])
    expect(output).not.toContain('FAILED')
    expect(code, output).toBe(0)
  })
})
