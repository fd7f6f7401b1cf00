import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { cloudPueTable } from '../src/cloud-pue-table.ts'
import { cloudPue } from '../src/index.ts'

describe('PUE of a cloud region', () => {
  it('is its own, else that of its part of the world, else the mean of the cloud', () => {
    expect(cloudPue('aws:eu-central-1')).toEqual({ pue: 1.35, source: 'Amazon Web Services', asOf: '2024' })
    expect(cloudPue(' AWS:eu-south-1')?.pue).toBe(1.11)
    expect(cloudPue('aws:sa-west-1')?.pue).toBe(1.135)
    expect(cloudPue('gcp:europe-west4')?.pue).toBe(1.07)
    expect(cloudPue('gcp:europe-west9')?.pue).toBe(1.1)
    expect(cloudPue('azure:westeurope')?.pue).toBe(1.185)
  })

  it('is unknown elsewhere', () => {
    for (const zone of ['FR', 'WORLD', 'US-CA', 'oci:eu-frankfurt-1', '', 'aws:', '*', 'aws:*']) {
      expect(cloudPue(zone)).toBeUndefined()
    }
  })

  it('has a source and a date in each row, and is never below 1', () => {
    for (const [pue, source, asOf] of Object.values(cloudPueTable)) {
      expect(pue).toBeGreaterThanOrEqual(1)
      expect(source).not.toBe('')
      expect(asOf).toMatch(/^20\d\d/)
    }
    const note = readFileSync(new URL('../data/LICENSE.md', import.meta.url), 'utf8')
    expect(note).toContain(`\`cloud-pue.csv\` has ${Object.keys(cloudPueTable).length} rows`)
  })
})
