import {
  type ConformanceCase,
  ConformanceError,
  lineOf,
  NotJudged,
  notJudged,
  type Verdict,
} from './conformance-case.ts'
import { COMPANY_CASES } from './conformance-company-rules.ts'
import { COUNTER_CASES } from './conformance-counter-rules.ts'
import { DECLARATION_CASES } from './conformance-declaration-rules.ts'
import { FAILURE_CASES } from './conformance-failure-rules.ts'
import { ConformanceKit, type ConformanceSubject } from './conformance-kit.ts'
import { LIFECYCLE_CASES } from './conformance-lifecycle-rules.ts'
import { PROCESS_CASES } from './conformance-process-rules.ts'
import { READING_CASES } from './conformance-reading-rules.ts'
import type { Rule } from './conformance-rule.ts'
import type { World } from './world.ts'

const RULES: readonly Rule[] = [
  ...DECLARATION_CASES,
  ...READING_CASES,
  ...COUNTER_CASES,
  ...COMPANY_CASES,
  ...LIFECYCLE_CASES,
  ...FAILURE_CASES,
  ...PROCESS_CASES,
]

/** The ids of all cases, for lists of what is skipped. */
export const CONFORMANCE_IDS: readonly string[] = RULES.map(({ id }) => id)

/**
 * Everything that a meter must do, as data: the same list for every meter. Nothing is opened before a case runs; cases
 * run one after the other. Where a case does not apply to what the meter declares, or its world lacks an ability, its
 * verdict says so.
 */
export function conformanceCases(subject: ConformanceSubject): ConformanceCase[] {
  const kit = new ConformanceKit(subject)
  return RULES.map(({ id, title, needs, concern, judge }) => ({
    id,
    title,
    needs,
    async run(): Promise<Verdict> {
      try {
        await concern?.(kit)
        if (needs.length > 0) await kit.inWorld(async (world) => needAbilities(world, needs))
        await judge(kit)
        return { result: 'passed' }
      } catch (cause) {
        if (cause instanceof NotJudged) return { result: cause.result, why: cause.message }
        if (cause instanceof ConformanceError) throw cause
        throw new ConformanceError(`could not be judged: ${lineOf(cause)}`, { cause })
      }
    },
  }))
}

function needAbilities(world: World, needs: Rule['needs']): void {
  const lacking = needs.filter((ability) => world[ability] === undefined)
  if (lacking.length > 0) notJudged(`its world cannot ${lacking.map((one) => `\`${one}\``).join(', ')}`)
}
