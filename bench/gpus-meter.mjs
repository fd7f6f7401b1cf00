import { defineMeter } from '../packages/meter/dist/index.js'

// A third-party meter like NVML: eight GPUs, every other one a counter of energy or a power sensor.
export default defineMeter(import.meta.url, {
  name: 'bench-gpus',
  interval: 0.1,
  open(_options, context) {
    const domains = Array.from({ length: 8 }, (_, index) => ({
      id: `GPU-${index}`,
      kind: 'gpu',
      label: `GPU ${index}`,
      method: 'measured',
      reads: index % 2 === 0 ? { quantity: 'energy', joulesPerCount: 1e-3 } : { quantity: 'power' },
      maxWatts: 1000,
      updatePeriod: 0.1,
      identity: `gpu:GPU-${index}`,
    }))
    const read = (record) => {
      for (const [index, { reads }] of domains.entries()) {
        const watts = 400 + 50 * Math.sin(context.clock() + index)
        record(index, reads.quantity === 'power' ? watts : Math.round(context.clock() * 400_000))
        record.gauge(index, 'hw.gpu.utilization', 0.9)
      }
    }
    return { domains, read }
  },
})
