import type { Verdict } from './conformance-case.ts'
import { CONFORMANCE_IDS, conformanceCases } from './conformance-cases.ts'
import type { ConformanceSubject } from './conformance-kit.ts'

export { type ConformanceCase, ConformanceError, type Verdict } from './conformance-case.ts'
export { CONFORMANCE_IDS, conformanceCases } from './conformance-cases.ts'
export type { AnyMeter, ConformanceSubject } from './conformance-kit.ts'
export { type Ability, realWorld, type World, type WorldContext } from './world.ts'

/** Milliseconds that a case may take in runners that want to know; processes start slowly on a busy machine. */
const CASE_MILLISECONDS = 60_000

/** How the `test` of vitest, node:test, Mocha, Jest and the like is called. */
export type Test = (
  title: string,
  run: (...given: unknown[]) => Promise<void>,
  milliseconds?: number,
) => unknown

/** What `meterConformance` takes beside the subject. */
export interface ConformanceTests extends ConformanceSubject {
  /** The runner's. */
  readonly test: Test
  /** Cases that are not run, each with its reason. */
  readonly skip?: Readonly<Record<string, string>>
  /** Where the line of a skipped case goes; by default to the console. */
  readonly print?: (line: string) => void
}

/**
 * Registers every case as a test. What is skipped is printed with its reason; what does not
 * concern the meter is only marked.
 * @throws TypeError when `skip` names no case, or gives no reason
 */
export function meterConformance({
  test,
  skip = {},
  print = console.log,
  ...subject
}: ConformanceTests): void {
  for (const [id, why] of Object.entries(skip)) {
    if (!CONFORMANCE_IDS.includes(id))
      throw new TypeError(`skip: there is no case '${id}'; see CONFORMANCE_IDS`)
    if (why.trim() === '') throw new TypeError(`skip: '${id}' needs a reason`)
  }
  const { meter } = subject
  const name = typeof meter === 'function' ? meter.meterName : (meter.meter ?? meter.module)
  for (const one of conformanceCases(subject)) {
    // No named parameter: Mocha would take it for a callback to be waited for.
    const run = async function (this: unknown, ...given: unknown[]): Promise<void> {
      allowTime(this)
      const reason = skip[one.id]
      const { result, why }: Verdict =
        reason === undefined ? await one.run() : { result: 'skipped', why: reason }
      if (result === 'passed') return
      if (result === 'skipped') print(`${name}: ${one.id} skipped: ${why}`)
      skipIn(given[0] ?? this, why)
    }
    test(`${name}: ${one.title} (${one.id})`, run, CASE_MILLISECONDS)
  }
}

/** Mocha's tests say for themselves how long they may take. */
function allowTime(context: unknown): void {
  const { timeout } = (context ?? {}) as { timeout?: unknown }
  if (typeof timeout === 'function') timeout.call(context, CASE_MILLISECONDS)
}

/** Marks a test as skipped while it runs, where the runner can. */
function skipIn(context: unknown, why: string): void {
  const { skip } = (context ?? {}) as { skip?: unknown }
  if (typeof skip === 'function') skip.call(context, why)
}
