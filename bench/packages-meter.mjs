import { defineMeter } from '../packages/meter/dist/index.js'

// A third-party meter like RAPL: two counters that wrap. It only computes, so that the recorder's own cost shows.
const WRAPS_AT = 262_143_328_850
const WATTS = 120

export default defineMeter(import.meta.url, {
  name: 'bench-packages',
  interval: 0.1,
  open(_options, context) {
    const domains = [0, 1].map((index) => ({
      id: `package-${index}`,
      kind: 'cpu',
      label: `package ${index}`,
      method: 'measured',
      reads: { quantity: 'energy', joulesPerCount: 1e-6, wrapsAt: WRAPS_AT },
      maxWatts: 500,
      updatePeriod: 0.001,
    }))
    const read = (record) => {
      for (const index of domains.keys())
        record(index, Math.round((context.clock() + index) * WATTS * 1e6) % WRAPS_AT)
    }
    return { domains, read }
  },
})
