import { fault, hiddenBy, notConcerned, notJudged } from './conformance-case.ts'
import type { ConformanceKit } from './conformance-kit.ts'
import { appliesTo, firstFault, isBefore, keptValue, READING_RULES } from './conformance-readings.ts'
import type { Rule } from './conformance-rule.ts'
import { observe } from './conformance-series.ts'

/** Power changes slowly against a meter's interval: over so many intervals it is another. */
const LONG = 37
const SELDOM = 6

/** Where a world's power has hardly changed so far, it is given time to. */
async function judgeKept(kit: ConformanceKit): Promise<void> {
  const kept = await kit.inTrial(async (trial) =>
    keptValue(await observe(trial, { steps: SELDOM, stride: LONG })),
  )
  if (kept !== undefined) fault(kept)
}

/** The cases about what a meter reads while all is well. */
export const READING_CASES: readonly Rule[] = READING_RULES.map((rule) => ({
  id: rule.id,
  title: rule.title,
  needs: rule.needs,
  async concern(kit) {
    if ((await kit.domains()).some((domain) => appliesTo(rule, domain))) return
    notConcerned(`no domain reads ${rule.quantity ?? 'anything'}`)
  },
  async judge(kit) {
    const series = await kit.series()
    if (rule.needs.length > 0 && series.truth.every((points) => points.length === 0)) {
      notJudged('the world knows the true joules of none of its domains')
    }
    const found = firstFault(series)
    if (!found) return rule.id === 'fresh' ? judgeKept(kit) : undefined
    if (found.id !== rule.id) {
      if (isBefore(found.id, rule.id)) hiddenBy(found.id)
      return
    }
    fault(found.line)
  },
}))
