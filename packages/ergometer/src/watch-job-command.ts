import { setTimeout as sleep } from 'node:timers/promises'
import { ErgometerError } from '@ergometer/core'
import { monotonicSeconds } from '@ergometer/meter'
import { terminalReport } from '@ergometer/report'
import type { Command } from 'commander'
import { homeOf } from './begin.ts'
import { addFactorFlags, addHomeFlags, commandSettings, type Flags } from './cli-flags.ts'
import { followJob } from './follow-job.ts'
import { chooseFactors } from './given-factors.ts'
import { hostedJob, JOB_FORMS, type JobFlags } from './hosted-job.ts'
import { runOfJob } from './job-run.ts'
import { readableReport } from './readable-report.ts'
import { say } from './say-once.ts'
import { settlingWorld } from './settle-command.ts'
import { terminal } from './terminal.ts'
import { versions } from './version.ts'

const NEGATIVE = 1
const INTERRUPTED = 130
const EVERY = 30

interface WatchJobFlags extends Flags, JobFlags {
  every?: string
  wait?: boolean
  json?: boolean
}

/** Adds `ergometer watch-job`: a run that follows a job that a cloud runs. `exit` is told of the exit code. */
export function addWatchJobCommand(program: Command, exit: (code: number) => void): void {
  const command = program
    .command('watch-job')
    .argument('<job>', JOB_FORMS)
    .description('follow a hosted training job to its end, and make a run of it')
    .option('--name <name>', "the run's name (default: the job's)")
    .option('--tag <name=value>', 'a tag; repeatable', (one: string, others: string[] = []) => [
      ...others,
      one,
    ])
    .option('--region <region>', "where the job is (default: as the cloud's own settings say)")
    .option('--project <id>', 'of Google Cloud')
    .option('--workspace <id>', 'of Azure Machine Learning: /subscriptions/…/workspaces/NAME')
    .option('--instance-type <size>', 'of the machines of a run of Azure, by which power is modelled')
    .option('--endpoint <url>', 'another server that speaks as the cloud does')
    .option('--every <seconds>', 'between two looks at the job', String(EVERY))
    .option('--wait', 'for all that its monitoring tells late, as ergometer settle --wait')
    .option('--json', 'as JSON')
  addFactorFlags(command)
  addHomeFlags(command).action(async (text: string, flags: WatchJobFlags) => {
    const {
      every: _every,
      region: _region,
      endpoint: _endpoint,
      project: _project,
      workspace: _workspace,
      instanceType: _instanceType,
      wait = false,
      json,
      ...given
    } = flags
    const every = secondsOf(flags.every ?? String(EVERY))
    const named = hostedJob(text, flags, {
      env: process.env,
      fetch: globalThis.fetch,
      clock: monotonicSeconds,
    })
    const { settings } = await commandSettings(given)
    const factors = await chooseFactors(settings)
    const { source, ...plain } = factors.given
    if (source)
      say(
        'watch-job asks no source of intensity: ergometer report RUN --source does, for the time of the run',
      )
    const stop = new AbortController()
    const interrupt = () => stop.abort()
    process.once('SIGINT', interrupt)
    try {
      const job = await followJob(every, {
        look: () => named.look(stop.signal),
        sleep: (seconds) => sleep(seconds * 1000, undefined, { signal: stop.signal }),
        tell: say,
      })
      // From here on Ctrl-C ends the asking: the run is written.
      process.off('SIGINT', interrupt)
      const tags = Object.fromEntries(
        Object.entries(settings.tags ?? {}).map(([key, value]) => [key, String(value)]),
      )
      const choice = { given: plain, name: settings.name, tags, versions: versions() }
      const { report } = await runOfJob(
        homeOf(settings),
        { id: named.id, job },
        choice,
        wait,
        settlingWorld(),
      )
      process.stdout.write(
        json
          ? `${JSON.stringify(report, null, 2)}\n`
          : terminalReport(readableReport(report), terminal.options(process.stdout)),
      )
      if (report.run.provisional)
        say(`${report.run.id}: data are still to come: ergometer settle ${report.run.id}`)
      if (report.run.status !== 'completed') exit(NEGATIVE)
    } catch (error) {
      if (!stop.signal.aborted) throw error
      say(
        `${text} goes on without being followed; the same command makes a run of all of it, at any time later`,
      )
      exit(INTERRUPTED)
    } finally {
      process.off('SIGINT', interrupt)
    }
  })
}

function secondsOf(text: string): number {
  const seconds = text.trim() === '' ? Number.NaN : Number(text)
  if (seconds >= 1 && seconds <= 86_400) return seconds
  throw new ErgometerError('SETTINGS_INVALID', `--every '${text}': expected seconds from 1 to 86400`)
}
