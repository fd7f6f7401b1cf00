import type { Report, RunExtension } from '@ergometer/core'
import { findGit } from '@ergometer/core'
import { hostFacts } from './host-facts.ts'
import { type Observed, observe } from './observe.ts'
import { type ExportTargets, openPipeline } from './pipeline.ts'
import { resourceAttributes } from './resource.ts'
import { beginOf } from './since-begin.ts'
import { standardTargets } from './standard-targets.ts'

export { LiveExport } from './live-export.ts'
export type { OtlpProtocol, OtlpTarget } from './otlp-exporter.ts'
export { otlp } from './otlp-replay.ts'
export { type ExportTargets, openPipeline, type Pipeline, type PipelineWorld } from './pipeline.ts'
export { type HostPort, hostPort } from './prometheus-endpoint.ts'
export type { ReplayOptions } from './replay-options.ts'

/** The run that `startRun` resolves to. */
export interface ExportedRun extends Observed {
  readonly id: string
  readonly name: string
  extend(extension: RunExtension): void
}

/** Seconds that the end of a run waits for its last export. */
const LAST_EXPORT = 1

/**
 * Exports a run from this process, for an application that has no OpenTelemetry of its own: a provider, a reader and an exporter for
 * this run alone, in one line after `startRun`. Its last totals go out with `run.end()`, which waits for them up to a second.
 * Where the recorder exports the run already, or another process owns it, nothing is set up, and that is said once. Nor is anything
 * where no target is given and `OTEL_METRICS_EXPORTER` or `OTEL_SDK_DISABLED` wants none.
 * @throws Error in one line for targets that make no sense, and for a package that is not installed
 */
export async function setUp(
  run: ExportedRun,
  targets: ExportTargets = standardTargets(process.env),
): Promise<void> {
  if (run.attached || run.exported) {
    observe(run)
    return
  }
  if (!Object.values(targets).some(Boolean)) return
  const git = await findGit(process.cwd())
  const facts = { runId: run.id, ...hostFacts(), pid: process.pid, commit: git?.commit, env: process.env }
  const pipeline = await openPipeline(targets, resourceAttributes(facts), {
    env: process.env,
    clock: () => Number(process.hrtime.bigint()) / 1e9,
    began: () => beginOf(run.live()),
    trouble: (message) => run.say?.(message),
  })
  observe(run, { meterProvider: pipeline.meterProvider, power: true })
  run.extend({
    async ended(_report: Report) {
      await pipeline.flush(LAST_EXPORT)
      // An application that is through may end: nobody's last scrape keeps it.
      void pipeline.close(true, false)
    },
  })
}
