import type { Known, LateEnergy } from './energy-ledger.ts'
import { Fold } from './fold.ts'
import { type JournalLine, type LateLine, type RowLine, toMillionth } from './journal-line.ts'
import type { PhaseTracker } from './phase-tracker.ts'
import type { RecordedDomain } from './recorded-domain.ts'
import type { ScoreLedger } from './score-ledger.ts'
import type { WorkLedger } from './work-ledger.ts'

/** Seconds between two checkpoints. */
const CHECKPOINT = 600
/** Edges of one second that get a row of their own. */
const MOST_EDGE_ROWS = 256

/** What rows are made of: it grows while they are written. */
export interface RowSources {
  readonly domains: readonly RecordedDomain[]
  readonly work: WorkLedger
  readonly scores: ScoreLedger
}

/** Writes what the journal has once a second: rows of energy and work, and the phases and scores that end in them. */
export class RowWriter {
  readonly #sources: RowSources
  readonly #phases: PhaseTracker
  readonly #write: (line: JournalLine) => void
  #settled: number
  #nextCheckpoint = CHECKPOINT

  /** `settled`: seconds of the run that are in the journal already. */
  constructor(
    sources: RowSources,
    phases: PhaseTracker,
    write: (line: JournalLine) => void,
    settled: number,
  ) {
    this.#sources = sources
    this.#phases = phases
    this.#write = write
    this.#settled = settled
  }

  /** Seconds of the run that are in the journal. */
  get settled(): number {
    return this.#settled
  }

  /** Writes the rows of all whole seconds up to `now` that are known, or were waited for long enough. */
  settle(now: number): void {
    for (let second = Math.floor(this.#settled) + 1; second <= now; second++) {
      if (!this.#knownUntil(second) && now < second + this.#patience) return
      this.#settleUntil(second, 'dJ')
    }
    // Whoever ended a long phase may be waiting for its energy: it is told at once.
    const edge = this.#phases.lastEndOfThoseBegunBy(this.#settled)
    if (edge !== undefined && edge <= now && this.#knownUntil(edge)) this.#settleUntil(edge, 'mJ')
  }

  /** Ends open phases and writes the last row, at `time` or where the journal is by then; returns its time. */
  close(time: number): number {
    const t = Math.max(time, this.#settled)
    this.#phases.close(t)
    for (let second = Math.floor(this.#settled) + 1; second < t; second++) this.#settleUntil(second, 'dJ')
    if (t > this.#settled) this.#settleUntil(t, 'mJ')
    this.#writePhases(t, t)
    this.#writeScores(t)
    return t
  }

  /** Writes cumulative figures, so that a reader can check the sum of the rows. */
  checkpoint(): void {
    this.#nextCheckpoint = this.#settled + CHECKPOINT
    if (this.#sources.domains.length === 0) return
    this.#write({
      kind: 'checkpoint',
      t: this.#settled,
      domains: this.#sources.domains.map((one) => one.checkpoint(this.#settled)),
    })
  }

  /** True when every domain that is read at least once a second is known up to `time`. */
  #knownUntil(time: number): boolean {
    return this.#sources.domains.every((one) => !one.waitedFor || (one.curve.knownUntil ?? -1) >= time)
  }

  /** Longest that a row is kept waiting for a domain, in seconds. */
  get #patience(): number {
    const waited = this.#sources.domains.filter((one) => one.waitedFor).map((one) => one.patience)
    return Math.min(2, Math.max(0.1, ...waited))
  }

  #settleUntil(until: number, unit: 'dJ' | 'mJ'): void {
    const from = this.#settled
    const phases = this.#phases.settle(from, until)
    const folds = [...phases.folded].map(([name, fast]) => new Fold(name, fast, this.#sources.work))
    const ends = folds.flatMap((fold) => [fold.from, fold.to])
    const edges = [...new Set([...phases.edges, ...this.#sources.scores.times, ...ends])]
      .filter((time) => time > from && time <= until)
      .sort((a, b) => a - b)
      .slice(0, MOST_EDGE_ROWS)
    for (const edge of edges) this.#row(edge, 'mJ', folds)
    if (edges.at(-1) !== until) this.#row(until, unit, folds)
    for (const fold of folds) this.#write(fold.line(until))
    for (const { name, id, process, from: since } of phases.begun) {
      this.#write({ kind: 'begun', t: until, name, id, process, from: since })
    }
    for (const phase of phases.ended) this.#write({ kind: 'phase', t: until, ...phase })
    this.#writeScores(until)
    if (until >= this.#nextCheckpoint) this.checkpoint()
  }

  /** Phases that came after their second was written. */
  #writePhases(from: number, until: number): void {
    const phases = this.#phases.settle(from, until)
    for (const phase of phases.ended) this.#write({ kind: 'phase', t: until, ...phase })
  }

  #row(t: number, unit: 'dJ' | 'mJ', folds: readonly Fold[]): void {
    const from = this.#settled
    const joulesPerUnit = unit === 'mJ' ? 1e-3 : 0.1
    const amounts: (number | null)[] = []
    const coverage: number[] = []
    let changed = false
    this.#sources.domains.forEach((one, index) => {
      if (!one.waitedFor) {
        amounts.push(null)
        coverage.push(one.toldCoverage)
        return
      }
      const parts = folds.map((fold) => one.ledger.within(fold.within(from, t)))
      const known = one.ledger.settle(t, joulesPerUnit)
      folds.forEach((fold, number) => {
        fold.add(index, parts[number] as Known, known, (known.units ?? 0) * joulesPerUnit)
      })
      amounts.push(known.units)
      if (known.units !== null) {
        if (known.coverage !== one.toldCoverage) changed = true
        one.toldCoverage = known.coverage
      }
      coverage.push(one.toldCoverage)
      for (const energy of known.late) this.#write(lateLine(index, energy))
      one.watch(from, t, known)
    })
    const work = this.#sources.work.settle(t)
    const row: RowLine = { t }
    if (amounts.length > 0) row[unit] = amounts
    if (changed) row.coverage = coverage
    if (Object.keys(work).length > 0) row.work = work
    this.#write(row)
    this.#settled = t
  }

  #writeScores(until: number): void {
    for (const { name, score } of this.#sources.scores.settle(until)) {
      const { time, ...told } = score
      this.#write({ kind: 'score', t: time, name, ...told })
    }
  }
}

/** The line of what became known of a domain behind its rows. */
export function lateLine(domain: number, { from, to, joules, coverage }: LateEnergy): LateLine {
  return {
    kind: 'late',
    domain,
    from: toMillionth(from),
    to: toMillionth(to),
    joules,
    ...(coverage === undefined ? {} : { coverage: toMillionth(coverage) }),
  }
}
