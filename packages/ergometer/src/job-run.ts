import { basename } from 'node:path'
import { type PastRun, type Report, storePastRun } from '@ergometer/core'
import { recordedFactors } from './factors.ts'
import type { FinishedJob } from './follow-job.ts'
import { listReports } from './list-runs.ts'
import { LATE_METERS } from './meter-request.ts'
import { type SettledRun, type SettleWorld, settleRun } from './settle-run.ts'

/** The tag by which a run is that of a job. */
const JOB_TAG = 'job'
/** The meter that tells of a job. */
const METER = 'cloud'

/** What a user says of a run beside the job itself. */
export type JobRunChoice = Pick<PastRun, 'given' | 'versions'> & {
  readonly name?: string | undefined
  readonly tags?: Readonly<Record<string, string>>
}

/**
 * The run of a job that is over: written if there is none yet, with the job's own begin and end, and asked for what late meters tell of
 * all of that time. With `wait` until they have told all, or are given up. A job has one run in a home, however often it is asked for.
 */
export async function runOfJob(
  home: string,
  { id, job }: { readonly id: string; readonly job: FinishedJob },
  choice: JobRunChoice,
  wait: boolean,
  world: SettleWorld,
): Promise<SettledRun> {
  const folder =
    runBefore(home, id, job) ?? (await storePastRun(home, pastRun(id, job, choice), recordedFactors))
  return settleRun(home, basename(folder), { wait }, world)
}

function runBefore(home: string, id: string, { begin }: FinishedJob): string | undefined {
  const same = ({ run }: Report) => run.tags[JOB_TAG] === id && run.startedAt === begin.toISOString()
  return listReports(home).find(same)?.run.id
}

function pastRun(id: string, job: FinishedJob, { name, tags, given, versions }: JobRunChoice): PastRun {
  const { begin, end, state, reason, work, place, meter, unmetered } = job
  return {
    name: name ?? job.name,
    tags: { ...job.tags, ...tags, [JOB_TAG]: id },
    begin,
    end,
    status: state,
    reason,
    work,
    place,
    given,
    config: { job: id, meters: meter ? [{ name: METER, options: meter }] : [] },
    versions,
    awaited: meter ? [{ meter: METER, lateBy: LATE_METERS[METER] }] : [],
    health:
      unmetered === undefined ? [] : [{ severity: 'info', code: 'job-energy-unknown', message: unmetered }],
  }
}
