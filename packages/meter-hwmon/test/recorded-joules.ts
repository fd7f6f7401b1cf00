import { type BoundaryDomain, chooseBoundary, EnergyCurve } from '@ergometer/core'
import type { EnergyMeter, ReadingTime } from '@ergometer/meter'
import type { HwmonTree } from './hwmon-tree.ts'

/** What a second of a tree's time brings with it. */
export type Happening = (second: number) => void

/**
 * Reads a meter every second of a tree's time; joules and covered seconds by domain, and which domains count, beside
 * those of other meters.
 */
export async function recordedJoules(
  meter: EnergyMeter,
  tree: HwmonTree,
  seconds: number,
  { others = [], happens = () => {} }: { others?: readonly BoundaryDomain[]; happens?: Happening } = {},
) {
  const curves = meter.domains.map((domain) => new EnergyCurve(domain, 1))
  const joules: Record<string, number> = {}
  const covered: Record<string, number> = {}
  const record = Object.assign(
    (index: number, value: number, at?: ReadingTime) => {
      const id = meter.domains[index]?.id ?? ''
      for (const segment of curves[index]?.add(Number(at?.time ?? tree.seconds), value).segments ?? []) {
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
  for (let second = 1; second <= seconds; second++) {
    tree.advance(1)
    happens(second)
    await read()
  }
  const own = meter.domains.map((domain) => ({
    id: domain.id,
    meter: 'hwmon',
    domain,
    coverage: Math.min(1, (covered[domain.id] ?? 0) / seconds),
  }))
  const boundary = chooseBoundary([...others, ...own])
  return { joules, seconds: covered, boundary, curves }
}
