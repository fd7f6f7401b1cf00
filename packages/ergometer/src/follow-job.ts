import type { HostedJob } from '@ergometer/meter-cloud'

/** So many failed looks in a row are too many. */
const MOST_FAILURES = 10

/** A job that is over: its begin and end are known. */
export type FinishedJob = HostedJob & {
  readonly state: 'completed' | 'failed' | 'aborted'
  readonly begin: Date
  readonly end: Date
}

/** What following a job touches of the world. */
export interface FollowWorld {
  look(): Promise<HostedJob>
  sleep(seconds: number): Promise<void>
  /** A change of state, or trouble that may pass, for the user. */
  tell(message: string): void
}

/**
 * Looks at a job every so many seconds until it is over. A first look that fails is the end of it; later ones may fail a while, unless
 * what they throw is final.
 */
export async function followJob(every: number, { look, sleep, tell }: FollowWorld): Promise<FinishedJob> {
  let state: string | undefined
  let failures = 0
  for (;;) {
    try {
      const job = await look()
      failures = 0
      if (isFinished(job)) return job
      if (job.state !== state) tell(`${job.name}: ${job.state}, looked at every ${every} s`)
      state = job.state
    } catch (error) {
      if (state === undefined || !mayPass(error) || ++failures >= MOST_FAILURES) throw error
      if (failures === 1) tell(`${(error as Error).message}; it is looked at again`)
    }
    await sleep(every)
  }
}

function isFinished(job: HostedJob): job is FinishedJob {
  return (
    job.state !== 'running' && job.state !== 'waiting' && job.begin !== undefined && job.end !== undefined
  )
}

function mayPass(error: unknown): boolean {
  const { outcome, code } = (error ?? {}) as { outcome?: unknown; code?: unknown }
  return outcome === 'retry' || code === 'JOB_UNREACHABLE'
}
