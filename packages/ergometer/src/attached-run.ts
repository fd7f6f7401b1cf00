import { findRecorder, type Journal, type RecorderInfo, type Report, readRun } from '@ergometer/core'
import { monotonicSeconds } from '@ergometer/meter'
import { type BudgetWatch, watchBudget } from './budget-watch.ts'
import { EventClient } from './event-client.ts'
import { reportFolder, unknownReport } from './report-from-journal.ts'
import type { Run } from './run.ts'
import { runCalls } from './run-calls.ts'
import { say } from './say-once.ts'
import type { Settings } from './settings.ts'

/** Seconds that the end waits for the recorder to have written as far. */
const PATIENCE = 0.9
/** Seconds that what accompanies the run may take at its end. */
const EXTENSION_PATIENCE = 0.8
/** Settings that belong to the recorder, which somebody else has started. */
const RECORDERS: readonly (keyof Settings)[] = [
  'meters',
  'home',
  'interval',
  'zone',
  'intensity',
  'pue',
  'overhead',
  'water',
  'embodied',
  'parameters',
  'source',
  'scope',
  'baseline',
  'budget',
  'targets',
  'group',
  'otlp',
  'prometheus',
  'recorder',
]

/** Joins a run that is being recorded, as a phase of it. */
export function joinRun(events: string, info: RecorderInfo, settings: Settings, fallbackName: string): Run {
  const ignored = RECORDERS.filter((key) => settings[key] !== undefined)
  if (ignored.length > 0)
    say(`joined the run ${info.runId}: ${ignored.join(', ')} ignored, its recorder has its own`)
  const name = settings.name ?? fallbackName
  const client = new EventClient(events, (error) => say(`events cannot be written: ${error.message}`))
  // A recorder that was still starting may have put the run elsewhere since.
  const folder = (): string => {
    const now = findRecorder(events)
    return typeof now === 'string' ? info.runFolder : now.runFolder
  }
  const { calls, companions } = runCalls(client, folder)
  const from = monotonicSeconds()
  if (settings.tags) client.tag(settings.tags)
  const phase = client.phase(name)
  let ended: Promise<Report> | undefined
  let spending: BudgetWatch | undefined

  const leave = (): void => {
    spending?.stop()
    companions.ending()
    phase.end()
    client.close()
  }
  process.once('exit', leave)

  const end = async (): Promise<Report> => {
    process.off('exit', leave)
    leave()
    const report = await reportUntil(monotonicSeconds())
    await companions.ended(report, EXTENSION_PATIENCE)
    return report
  }
  const reportUntil = async (to: number): Promise<Report> => {
    try {
      const journal = await writtenUntil(folder, to)
      const origin = journal.start?.monotonic ?? from
      const begin = Math.max(0, from - origin)
      const interval = { from: begin, to: Math.max(begin, Math.min(to - origin, journal.until)) }
      const report = reportFolder(folder(), { interval })
      return { ...report, run: { ...report.run, name } }
    } catch (error) {
      return unknownReport(info.runId, name, `${folder()} cannot be read: ${(error as Error).message}`)
    }
  }

  return {
    id: info.runId,
    name,
    env: { ERGOMETER_EVENTS: events },
    attached: true,
    exported: false,
    say,
    get signal() {
      spending ??= watchBudget(client)
      return spending.signal
    },
    ...calls,
    // How the run ends is its owner's to say.
    fail: () => {},
    end: () => {
      ended ??= end()
      return ended
    },
    async [Symbol.asyncDispose]() {
      await this.end()
    },
  }
}

/** The journal once it tells of a time (monotonic seconds), or as it is when patience is up. */
async function writtenUntil(folder: () => string, time: number): Promise<Journal> {
  const deadline = monotonicSeconds() + PATIENCE
  for (;;) {
    const isUp = monotonicSeconds() >= deadline
    try {
      const journal = readRun(folder())
      const reached = (journal.start?.monotonic ?? 0) + journal.until >= time || journal.end !== undefined
      if (reached || isUp) return journal
    } catch (error) {
      // Its recorder may still be starting.
      if (isUp) throw error
    }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
