import { fault, hiddenBy, notConcerned, notJudged } from './conformance-case.ts'
import { appliesTo, firstFault, isBefore, READING_RULES } from './conformance-readings.ts'
import type { Rule } from './conformance-rule.ts'

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
    if (!found) return
    if (found.id !== rule.id) {
      if (isBefore(found.id, rule.id)) hiddenBy(found.id)
      return
    }
    fault(found.line)
  },
}))
