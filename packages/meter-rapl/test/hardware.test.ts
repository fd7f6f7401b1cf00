import { definitionOf, monotonicSeconds, realContext } from '@ergometer/meter'
import { describe, expect, it } from 'vitest'
import rapl from '../src/index.ts'
import { PowercapTree } from './powercap-tree.ts'
import { recordedJoules, type Time } from './recorded-joules.ts'
import { WORLDS } from './worlds.ts'

// The same cases on made-up machines and, by `pnpm test:hardware`, on this one.

/** What a machine offers to the meter: a root of `/sys`, and time. */
interface Machine {
  readonly sysRoot: string
  readonly clock: () => number
  readonly time: Time
  /** Removes what was made. */
  readonly remove: () => void
}

const SECONDS = 3
/** Sub-domains are read a moment after their package, and renewed on their own. */
const MOMENT = 0.05

const definition = definitionOf(rapl)

function madeUp(name: string): Machine {
  const world = WORLDS[name]
  const tree = new PowercapTree(world?.zones ?? [], world?.layout)
  return { sysRoot: tree.sysRoot, clock: () => tree.seconds, time: tree, remove: () => tree.remove() }
}

function thisOne(): Machine {
  const time = {
    get seconds() {
      return monotonicSeconds()
    },
    advance: (seconds: number) =>
      new Promise<void>((resolve) => {
        setTimeout(resolve, seconds * 1000)
      }),
  }
  return { sysRoot: realContext().sysRoot, clock: monotonicSeconds, time, remove() {} }
}

/** Which machines there are, and where there is none, why. */
async function machines(): Promise<{ made: [string, () => Machine][]; reason?: string }> {
  if (process.env['ERGOMETER_HARDWARE'] === undefined) {
    return { made: Object.keys(WORLDS).map((name) => [name, () => madeUp(name)]) }
  }
  const found = await definition.probe?.({}, realContext())
  if (found?.available) return { made: [['this machine', thisOne]] }
  const reason = found?.why ?? 'it cannot be probed'
  console.log(`skipped: RAPL: ${reason}`)
  return { made: [['this machine', thisOne]], reason }
}

const { made, reason } = await machines()

describe.skipIf(reason !== undefined).each(made)('RAPL of %s', (_name, make) => {
  it('draws power that can be: each domain within its bound, parts within their packages', async () => {
    const machine = make()
    try {
      const { sysRoot, clock, time } = machine
      const context = realContext({ sysRoot, clock })
      expect(await definition.probe?.({}, context)).toEqual({ available: true })
      const meter = await definition.open({}, context)
      const began = time.seconds
      const { joules, seconds, counted, curves } = await recordedJoules(meter, time, SECONDS)
      const elapsed = time.seconds - began
      await meter.close?.()

      expect(counted.size).toBeGreaterThan(0)
      for (const [index, { id, kind, maxWatts = 0 }] of meter.domains.entries()) {
        if (!counted.has(id)) continue
        expect(seconds[id]).toBeGreaterThan(elapsed * 0.95)
        expect(joules[id]).toBeLessThan(maxWatts * elapsed)
        if (kind === 'cpu') expect(joules[id]).toBeGreaterThan(0)
        expect([curves[index]?.resets, curves[index]?.gaps]).toEqual([0, 0])
      }
      for (const { id, maxWatts = 0 } of meter.domains.filter(({ within }) => within === undefined)) {
        const parts = meter.domains.filter(({ within }) => within === id)
        const inside = parts.reduce((sum, part) => sum + (joules[part.id] ?? 0), 0)
        expect(inside).toBeLessThanOrEqual((joules[id] ?? 0) + maxWatts * MOMENT)
      }
    } finally {
      machine.remove()
    }
  })
})
