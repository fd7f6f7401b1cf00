import { describe, expect, it } from 'vitest'
import { METRICS } from '../src/names.ts'

describe('names of metrics', () => {
  it('hold no unit and no _total, which the receivers append', () => {
    for (const { name } of Object.values(METRICS)) expect(name).not.toMatch(/joules|watts|_total$/)
  })
})
