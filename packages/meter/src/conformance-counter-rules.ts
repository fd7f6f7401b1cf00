import { fault, notConcerned, notJudged } from './conformance-case.ts'
import { meantStretches } from './conformance-energy.ts'
import type { ConformanceKit } from './conformance-kit.ts'
import { firstFault } from './conformance-readings.ts'
import type { Rule } from './conformance-rule.ts'
import { observe, soundReadings, stepOf } from './conformance-series.ts'
import type { Domain } from './domain.ts'

const FEW = 5

/** The cases about what counters do at their ends. */
export const COUNTER_CASES: readonly Rule[] = [
  {
    id: 'counter-wrap',
    title: 'declares where its counter wraps, and hands it over raw',
    needs: ['joules', 'wrap'],
    concern: needWrap,
    judge: (kit) => eachCounter(kit, counts, judgeWrap),
  },
  {
    id: 'counter-reset',
    title: 'hands a counter that began anew over as it is',
    needs: ['joules', 'reset'],
    concern: (kit) => needCounter(kit, counts),
    judge: (kit) => eachCounter(kit, counts, judgeReset),
  },
]

function counts({ reads }: Domain): boolean {
  return reads.quantity === 'energy'
}

function wraps({ reads }: Domain): boolean {
  return reads.quantity === 'energy' && reads.wrapsAt !== undefined
}

/** A counter that nobody says to wrap is looked at as well, if the world can let it. */
async function needWrap(kit: ConformanceKit): Promise<void> {
  const domains = await kit.domains()
  if (domains.some(wraps)) return
  const able = await kit.inWorld(async ({ wrap }) => wrap !== undefined)
  if (!able || !domains.some(counts)) notConcerned('no domain reads such a counter')
}

async function needCounter(kit: ConformanceKit, isMeant: (domain: Domain) => boolean): Promise<void> {
  if (!(await kit.domains()).some(isMeant)) notConcerned('no domain reads such a counter')
}

async function eachCounter(
  kit: ConformanceKit,
  isMeant: (domain: Domain) => boolean,
  judge: (kit: ConformanceKit, domain: Domain, index: number) => Promise<void>,
): Promise<void> {
  await kit.needSound()
  for (const [index, domain] of (await kit.domains()).entries()) {
    // Of what nobody knows the truth, nothing can be told.
    if (isMeant(domain) && (await kit.series()).truth[index]?.length) await judge(kit, domain, index)
  }
}

function judgeWrap(kit: ConformanceKit, domain: Domain, index: number): Promise<void> {
  return kit.inTrial(
    async (trial) => {
      const series = await observe(trial, { steps: FEW })
      const sound = soundReadings(series.readings, index)
      const { wrapsAt } = domain.reads as { wrapsAt?: number }
      const fall = sound.find(({ value, anew }, at) => !anew && value < (sound[at - 1]?.value ?? 0))
      if (wrapsAt === undefined) {
        if (fall === undefined) return
        fault(
          `domain '${domain.id}': its counter falls to ${fall.value} where it wraps, and no wrapsAt is declared: that energy would be lost`,
        )
      }
      const beyond = sound.find(({ value }) => value >= wrapsAt)
      if (beyond) {
        fault(
          `domain '${domain.id}': recorded ${beyond.value}, and its wrapsAt is ${wrapsAt}: hand over the raw counter`,
        )
      }
      if (!fall) notJudged(`the counter of '${domain.id}' did not wrap in this world`)
      const found = firstFault(series)
      if (found) fault(`over a wrap, ${found.line}: is wrapsAt, or maxWatts, right?`)
    },
    async (world) => {
      try {
        await world.wrap?.(domain.id)
      } catch (cause) {
        // A counter of which nobody says that it wraps may have no modulus at all.
        if (wraps(domain)) throw cause
      }
    },
  )
}

function judgeReset(kit: ConformanceKit, domain: Domain, index: number): Promise<void> {
  return kit.inTrial(async (trial) => {
    const before = await observe(trial, { steps: FEW })
    await trial.world.reset?.(domain.id)
    await trial.world.advance(stepOf(trial))
    const last = soundReadings(before.readings, index).at(-1)
    const after = await observe(trial, { steps: FEW })
    const readings = soundReadings(after.readings, index)
    const [first] = readings
    if (!last || !first) fault(`domain '${domain.id}': no reading after its counter began anew`)
    const said = readings.some(({ anew }) => anew)
    if (!said && first.value >= last.value) {
      fault(
        `domain '${domain.id}': its counter began anew at 0, and was told as ${first.value} after ${last.value}: hand over the raw counter`,
      )
    }
    if (meantStretches(domain, readings).length === 0) {
      fault(`domain '${domain.id}': its readings tell of no energy after its counter began anew`)
    }
    const found = firstFault(after)
    if (found) fault(`after its counter began anew, ${found.line}`)
  })
}
