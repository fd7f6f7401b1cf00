import { type LiveTotals, redactValue } from '@ergometer/core'
import { monotonicSeconds } from '@ergometer/meter'
import { hostFacts, resourceAttributes } from '@ergometer/otel/resource'
import { loadTelemetry } from './load-telemetry.ts'
import type { ExportChoice } from './recorder-message.ts'
import { versions } from './version.ts'

type Telemetry = Awaited<ReturnType<typeof loadTelemetry>>
type LiveExport = Awaited<ReturnType<Telemetry['LiveExport']['open']>>

/** What all that is exported has in common, by attribute. */
export type ResourceAttributes = Readonly<Record<string, string | number>>

/** Exports totals from the process that records them. Its trouble is told in lines, and never holds anybody up. */
export class LiveExporter {
  readonly #choice: ExportChoice
  readonly #runName: string | undefined
  readonly #trouble: (message: string) => void
  #opening: Promise<LiveExport | undefined> | undefined
  #open: LiveExport | undefined
  #totals: LiveTotals | undefined
  #over: Promise<void> = Promise.resolve()
  readonly #hurried: Promise<void>
  /** The scrape that is due is not waited for after all. */
  hurry: () => void = () => {}

  /** Without `runName` totals are a node's. `trouble` is told what goes wrong. */
  constructor(choice: ExportChoice, runName: string | undefined, trouble: (message: string) => void) {
    this.#choice = choice
    this.#runName = runName
    this.#trouble = trouble
    this.#hurried = new Promise((resolve) => {
      this.hurry = resolve
    })
  }

  /** Begins, under a resource; false if nothing can be exported, which is said. */
  async begin(resource: ResourceAttributes): Promise<boolean> {
    this.#opening ??= this.#begin(resource)
    return (await this.#opening) !== undefined
  }

  async #begin(resource: ResourceAttributes): Promise<LiveExport | undefined> {
    try {
      const { LiveExport } = await loadTelemetry()
      const world = { env: process.env, clock: monotonicSeconds, trouble: this.#trouble }
      const open = await LiveExport.open(this.#choice, this.#runName, resource, world)
      this.#open = open
      if (this.#totals) open.take(this.#totals)
      return open
    } catch (error) {
      this.#trouble(`nothing is exported: ${(error as Error).message}`)
      return undefined
    }
  }

  /** Where Prometheus scrapes. */
  get address(): LiveExport['address'] {
    return this.#open?.address
  }

  /** Takes totals of now. */
  take(totals: LiveTotals): void {
    this.#totals = totals
    this.#open?.take(totals)
  }

  /** Exports the last totals; `patient`: the scrape that is due is then waited for, see `over`. Never rejects. */
  async end(totals: LiveTotals | undefined, patient: boolean): Promise<void> {
    const open = await this.#opening
    const ended = await open?.end(totals ?? this.#totals, patient)
    this.#over = Promise.race([ended?.over ?? Promise.resolve(), this.#hurried])
  }

  /** Settles when nothing is to be waited for any more. */
  get over(): Promise<void> {
    return this.#over
  }
}

/** The resource of what this process exports; without `runId` that of a node. */
export function resourceOf(runId?: string, commit?: string): ResourceAttributes {
  const version = versions()['ergometer']
  const facts = { runId, commit, ...hostFacts(), pid: process.pid, version, env: process.env }
  return redactValue(resourceAttributes(facts)) as ResourceAttributes
}
