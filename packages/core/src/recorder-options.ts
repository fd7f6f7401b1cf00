import type { Budget } from './budget.ts'
import type { Factors } from './factors.ts'
import type { SystemRoots } from './find-gpus.ts'
import type { HealthEntry } from './health.ts'
import type { IntensityOrigin } from './intensity-feed.ts'
import { JOURNAL_VERSION, type StartLine } from './journal-line.ts'
import type { MeterSource } from './meter-loop.ts'
import { processIdentity } from './process-identity.ts'
import type { GitState } from './provenance.ts'
import type { RunPlace } from './run-place.ts'
import type { ScoreTargets } from './scores.ts'

/** What a recorder needs to know of its run. */
export interface RecorderOptions {
  readonly runId: string
  readonly name: string
  readonly tags: Readonly<Record<string, string>>
  readonly home: string
  /** Path of the event directory, which is there or is made, and which the recorder removes. */
  readonly events: string
  /** Monotonic seconds up to which first readings are waited for. */
  readonly readyBy: number
  /** Monotonic seconds after which nobody waits any more: the run begins then at the latest, ready or not. */
  readonly beginBy: number
  readonly meters: readonly MeterSource[]
  /** Seconds between two reads, if not each meter's own. */
  readonly interval?: number | undefined
  readonly factors: Factors
  /** Where intensity over time comes from; `factors.curve` is then what is known without it. */
  readonly source?: IntensityOrigin | undefined
  /** Where this machine is, and the factors of a run there; absent: nobody knows. It never rejects, and nobody waits for it. */
  readonly placing?: Promise<Placing | undefined> | undefined
  /** Factors as the user gave them, for later recomputation. */
  readonly given: StartLine['factors']
  /** Scores to reach. */
  readonly targets?: ScoreTargets | undefined
  /** Settings, without secrets. */
  readonly config: Readonly<Record<string, unknown>>
  readonly versions: Readonly<Record<string, string>>
  readonly parent?: string | undefined
  readonly group?: string | undefined
  readonly command?: readonly string[] | undefined
  /** Where the host's `/sys` and `/proc` are. */
  readonly roots: SystemRoots
  /** What else is to be said of where the run comes from, once it is known what git says. */
  readonly describe?: ((git: GitState | undefined) => Readonly<Record<string, unknown>>) | undefined
  /** Attribute a share of the CPUs' energy to the run's processes. */
  readonly attribute?: boolean | undefined
  readonly budget?: Budget | undefined
  /** Seconds before the run over which idle power is measured. */
  readonly baseline?: number | undefined
  /** Process whose `end` event ends the run (embedded); absent: only `end()` does. */
  readonly owner?: number | undefined
  /** What the caller has to say of the run's health. */
  readonly health: readonly HealthEntry[]
}

/** A place, and the factors of a run there. */
export interface Placing {
  readonly place: RunPlace
  readonly factors: Factors
}

/** What the journal says of them: its first line. `at`: monotonic seconds of the run's begin, `begin`: the same as a date. */
export function startLine(options: RecorderOptions, at: number, begin: Date): StartLine {
  const { runId, name, events, parent, group, given, targets, config, versions } = options
  const { pid, processStart, bootId } = processIdentity()
  return {
    kind: 'start',
    version: JOURNAL_VERSION,
    runId,
    name,
    monotonic: at,
    wall: begin.toISOString(),
    ...(bootId ? { bootId } : {}),
    recorder: { pid, ...(processStart ? { processStart } : {}) },
    events,
    ...(parent ? { parent } : {}),
    ...(group ? { group } : {}),
    factors: given,
    ...(targets ? { targets: { ...targets } } : {}),
    config: { ...config },
    versions: { ...versions },
  }
}
