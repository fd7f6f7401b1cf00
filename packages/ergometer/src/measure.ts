import type { Report } from '@ergometer/core'
import type { Run } from './run.ts'
import type { Settings } from './settings.ts'
import { startRun } from './start-run.ts'

/**
 * Runs `fn` as a run of its own: what it returns, and the report. A throw marks the run failed and is rethrown.
 * Options as for `startRun`.
 */
export async function measure<Result>(
  name: string,
  fn: (run: Run) => Result | Promise<Result>,
  options: Settings = {},
): Promise<{ result: Result; report: Report }> {
  const run = await startRun({ ...options, name })
  try {
    const result = await fn(run)
    return { result, report: await run.end() }
  } catch (error) {
    run.fail(error)
    await run.end()
    throw error
  }
}
