import {
  CountedEnergy,
  forecastRun,
  isWorthwhile,
  type Journal,
  type Plan,
  type ReportForecast,
  type Score,
  scoresByName,
} from '@ergometer/core'
import { monotonicSeconds } from '@ergometer/meter'
import type { EventClient } from './event-client.ts'
import type { ForecastOptions, ScoreValues, WorthwhileOptions } from './run.ts'

/** Seconds that a forecast waits for the energy of the phase that has just ended, and between two looks. */
const PATIENCE = 1
const LOOK_EVERY = 0.05
/** So many scores of one name are remembered. */
const MOST_SCORES = 1000
/** A journal is written once a second: beyond its end, so many seconds at the mean power of so many before count as known. */
const BEYOND = 3
const BEFORE = 5

/** What a run can say of its own future: by its journal, of which each look reads what is new. Nothing here throws. */
export class Outlook {
  readonly #client: EventClient
  readonly #read: () => Journal
  readonly #scores = new Map<string, Score[]>()

  /** `journal`: reads that of the run as it is now. */
  constructor(client: EventClient, journal: () => Journal) {
    this.#client = client
    this.#read = journal
  }

  /** Remembers scores of now. */
  note(values: ScoreValues): void {
    const t = monotonicSeconds()
    for (const [name, score] of Object.entries(values ?? {})) {
      // What makes no sense is left out: a training may say anything.
      const value = typeof score === 'object' ? score?.value : score
      const better = typeof score === 'object' ? score?.better : undefined
      if (!Number.isFinite(value)) continue
      const known = this.#scores.get(name) ?? []
      known.push({ t, name, value, ...(better ? { better } : {}) })
      if (known.length > MOST_SCORES) known.shift()
      this.#scores.set(name, known)
    }
  }

  /** What the whole run will take. */
  async forecast(options: ForecastOptions): Promise<ReportForecast> {
    const plan = planOf(options)
    if (typeof plan === 'string') return { of: '', done: 0, total: 0, madeAt: 0, why: plan }
    const unknown = { of: 'phase' in plan ? plan.phase : plan.work, done: 0, total: plan.total, madeAt: 0 }
    try {
      const journal = await this.#settled()
      if (!journal.end) this.#client.write({ plan })
      return forecastRun(journal, plan, this.#gramsPerJoule())
    } catch (error) {
      return { ...unknown, why: `the journal cannot be read: ${(error as Error).message}` }
    }
  }

  /** Whether training on is worth its energy; true where that is not known. */
  worthwhile(options: WorthwhileOptions): boolean {
    try {
      const scores = this.#scores.get(options.score) ?? []
      const { better = 'higher', points = [] } = scoresByName(scores).get(options.score) ?? {}
      if (points.length < 2) return true
      return isWorthwhile(points, better, { joulesBetween: this.#energy() }, options)
    } catch {
      return true
    }
  }

  /** Of the run so far, by the recorder's totals. */
  #gramsPerJoule(): number | undefined {
    const { joules, gramsCo2e } = this.#client.live() ?? {}
    return joules && gramsCo2e !== undefined ? gramsCo2e / joules : undefined
  }

  /** The journal once it has the last phase that this process ended, or as it is when patience is up. */
  async #settled(): Promise<Journal> {
    const deadline = monotonicSeconds() + PATIENCE
    for (;;) {
      const journal = this.#read()
      const ended = (this.#client.lastEnd ?? 0) - (journal.start?.monotonic ?? 0) - 1e-3
      const told = Math.max(journal.phases.at(-1)?.to ?? 0, journal.folded.at(-1)?.to ?? 0)
      if (told >= ended || journal.end || monotonicSeconds() >= deadline) return journal
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY * 1000))
    }
  }

  /** Joules between two times of the host. */
  #energy(): (from: number, to: number) => number | undefined {
    const journal = this.#read()
    const origin = journal.start?.monotonic
    const energy = CountedEnergy.of(journal)
    const { until } = journal
    const recent = { from: Math.max(0, until - BEFORE), to: until }
    const watts = (energy.wellKnown(recent) ?? Number.NaN) / (recent.to - recent.from)
    return (from, to) => {
      if (origin === undefined || to - origin > until + BEYOND) return undefined
      const known = { from: Math.min(from - origin, until), to: Math.min(to - origin, until) }
      const joules = known.to > known.from ? energy.wellKnown(known) : 0
      const beyond = Math.max(0, to - origin - Math.max(from - origin, until))
      const total = joules === undefined ? undefined : joules + (beyond > 0 ? beyond * watts : 0)
      return Number.isFinite(total) ? total : undefined
    }
  }
}

function planOf(options: ForecastOptions): Plan | string {
  const { totalEpochs, phase = 'epoch', totalWork } = options ?? {}
  const [work] = Object.entries(totalWork ?? {})
  const plan = work ? { work: work[0], total: work[1] } : { phase, total: totalEpochs ?? Number.NaN }
  if (plan.total > 0 && Number.isFinite(plan.total)) return plan
  return 'expected { totalEpochs: 30 } or { totalWork: { samples: 1000000 } }, a number above 0'
}
