import type { LiveTotals } from '@ergometer/core'
import { observe } from './observe.ts'
import { type ExportTargets, openPipeline, type Pipeline, type PipelineWorld } from './pipeline.ts'
import { beginOf } from './since-begin.ts'

/** Seconds that the last export may take before nobody waits for it any more, and in all. */
const LAST_EXPORT = 10

/** Totals of a run or a node on their way into a pipeline: for a process that owns them, such as a recorder. */
export class LiveExport {
  readonly #pipeline: Pipeline
  #totals: LiveTotals | undefined
  #begun = false

  private constructor(pipeline: Pipeline, runName: string | undefined) {
    this.#pipeline = pipeline
    const run = { live: () => this.#totals, ...(runName === undefined ? {} : { name: runName }) }
    observe(run, { meterProvider: pipeline.meterProvider, power: true })
  }

  /** Opens a pipeline to the targets. Without `runName` it is a node's. Throws an Error in one line for targets that make no sense. */
  static async open(
    targets: ExportTargets,
    runName: string | undefined,
    attributes: Readonly<Record<string, string | number>>,
    world: Omit<PipelineWorld, 'began' | 'ownLog'>,
  ): Promise<LiveExport> {
    let live: LiveExport | undefined
    const began = () => (live ? beginOf(live.#totals) : undefined)
    live = new LiveExport(await openPipeline(targets, attributes, { ...world, began, ownLog: true }), runName)
    return live
  }

  /** Where Prometheus scrapes. */
  get address(): Pipeline['address'] {
    return this.#pipeline.address
  }

  /** Takes totals, which readers see from now on. The first go out at once: receivers then know when it began. */
  take(totals: LiveTotals): void {
    this.#totals = totals
    if (this.#begun || totals.joules === undefined) return
    this.#begun = true
    void this.#pipeline.flush(LAST_EXPORT)
  }

  /**
   * Exports the last totals. Resolves once they are sent, or when they cannot be; `over` once the scrape that is due has come too, and
   * everything is given back. `patient`: whether that scrape is waited for. Never rejects.
   */
  async end(totals: LiveTotals | undefined, patient: boolean): Promise<{ over: Promise<void> }> {
    if (totals) this.#totals = totals
    await this.#pipeline.flush(LAST_EXPORT)
    return { over: this.#pipeline.close(patient) }
  }
}
