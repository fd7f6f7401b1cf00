import { placeOfRuns, type Report } from '@ergometer/core'
import { monotonicSeconds } from '@ergometer/meter'
import { EventClient } from './event-client.ts'
import { type RecorderLink, unsentText } from './recorder-link.ts'
import type { StartMessage } from './recorder-message.ts'
import { reportFolder, unknownReport } from './report-from-journal.ts'
import type { Run } from './run.ts'
import { runCalls } from './run-calls.ts'
import { say } from './say-once.ts'

/** Seconds that the end waits for the recorder's report before it reads the journal itself. */
const REPORT_PATIENCE = 1.7

/** Seconds that what accompanies a run may take at its end: no longer than the end of the run may take, but some time in any case. */
const EXTENSION_PATIENCE = { most: 1, least: 0.2 }
/** Seconds within which a run has ended. */
const END_PATIENCE = 1.9

/** Seconds that a recorder in a thread of this process has to tidy up: it would end with the process. */
const THREAD_PATIENCE = 1.5

/** The run of this process, with a recorder of its own. `how.metered`: false when it is known that there is none. */
export function recordRun(
  start: StartMessage,
  link: RecorderLink,
  how: { metered: boolean; inline: boolean },
): Run {
  const { runId, name, events } = start
  const client = new EventClient(events, (error) => say(`events cannot be written: ${error.message}`))
  let failed: string | undefined
  let ended: Promise<Report> | undefined

  const sayEnd = (aborted: boolean): void => {
    client.write({
      end: { ...(failed === undefined ? {} : { failed: true }), ...(aborted ? { aborted: true } : {}) },
    })
    client.close()
    link.look()
  }
  // A process that ends by itself says so; one that is killed cannot.
  const onExit = (): void => sayEnd(true)
  const onThrow = (): void => {
    failed = 'uncaught'
  }
  process.once('exit', onExit)
  process.once('uncaughtExceptionMonitor', onThrow)

  const folder = (): string => link.runFolder ?? placeOfRuns(start.home, runId)
  const { calls, companions } = runCalls(client, folder)
  const end = async (): Promise<Report> => {
    process.off('exit', onExit)
    process.off('uncaughtExceptionMonitor', onThrow)
    companions.ending()
    sayEnd(false)
    // Over the wire as well: there may be no event directory.
    link.end({ status: failed === undefined ? 'completed' : 'failed', time: monotonicSeconds() })
    const begin = monotonicSeconds()
    const report = await link.report(REPORT_PATIENCE)
    if (!report && how.metered) say('the recorder did not answer: the report is made from its journal')
    if (report && how.inline) await link.ended(THREAD_PATIENCE)
    // With this process its container may end, and with that the recorder.
    else if (report && start.exports) {
      if (!(await link.exported(begin + REPORT_PATIENCE - monotonicSeconds()))) say(unsentText(runId))
    }
    const made = report ?? fromJournal()
    const left = begin + END_PATIENCE - monotonicSeconds()
    await companions.ended(made, Math.max(EXTENSION_PATIENCE.least, Math.min(EXTENSION_PATIENCE.most, left)))
    return made
  }
  const fromJournal = (): Report => {
    try {
      return reportFolder(folder())
    } catch (error) {
      return unknownReport(
        runId,
        name,
        `no recorder answered and ${folder()} cannot be read: ${(error as Error).message}`,
      )
    }
  }

  return {
    id: runId,
    name,
    env: { ERGOMETER_EVENTS: events },
    signal: link.spent,
    attached: false,
    exported: start.exports !== undefined,
    say,
    ...calls,
    live: () => link.totals ?? client.live(),
    fail: (reason = 'failed') => {
      failed = String(reason)
    },
    end: () => {
      ended ??= end()
      return ended
    },
    async [Symbol.asyncDispose]() {
      await this.end()
    },
  }
}
