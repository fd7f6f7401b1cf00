import { describe, expect, it } from 'vitest'
import { wattsAt } from '../src/power-model.ts'

describe('watts at a load', () => {
  it('is linear between idle and peak, and never beyond', () => {
    const model = { idleWatts: 10, peakWatts: 110, relativeUncertainty: 0.3, source: 'test' }
    expect([0, 0.5, 1, 1.2].map((load) => wattsAt(model, load))).toEqual([10, 60, 110, 110])
  })
})
