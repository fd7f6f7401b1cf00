import { chooseBoundary, EnergyCurve } from '@ergometer/core'
import type { EnergyMeter } from '@ergometer/meter'

/** Time as a tree simulates it, or as it is. */
export interface Time {
  readonly seconds: number
  advance(seconds: number): void | Promise<void>
}

/** Reads a meter every 100 ms; joules and covered seconds by domain, and which domains count. */
export async function recordedJoules(meter: EnergyMeter, time: Time, seconds: number) {
  const curves = meter.domains.map((domain) => new EnergyCurve(domain, 0.1))
  const joules: Record<string, number> = {}
  const covered: Record<string, number> = {}
  const record = Object.assign(
    (index: number, value: number) => {
      const id = meter.domains[index]?.id ?? ''
      for (const segment of curves[index]?.add(time.seconds, value).segments ?? []) {
        joules[id] = (joules[id] ?? 0) + segment.joules
        covered[id] = (covered[id] ?? 0) + segment.to - segment.from
      }
    },
    { gauge: () => {}, share: () => {}, restart: () => {}, uncertainty: () => {} },
  )
  const read = async () => {
    try {
      await meter.read(record, new AbortController().signal)
    } catch {
      // A failed read is no reading.
    }
  }
  await read()
  for (let step = 0; step < seconds * 10; step++) {
    await time.advance(0.1)
    await read()
  }
  const boundary = chooseBoundary(
    meter.domains.map((domain) => ({
      id: domain.id,
      meter: 'rapl',
      domain,
      coverage: Math.min(1, (covered[domain.id] ?? 0) / seconds),
    })),
  )
  return { joules, seconds: covered, counted: boundary.counted, missing: boundary.missing, curves }
}
