import type { IntensityStep } from '@ergometer/carbon'
import type { HealthEntry } from './health.ts'
import {
  type AwaitedLine,
  type BaselineLine,
  type CpuTimeLine,
  type DomainLine,
  type EndLine,
  isRow,
  type JournalLine,
  type KindLine,
  type LateLine,
  type PhasesLine,
  type RowLine,
  type SettledLine,
  type ShareLine,
  type StartLine,
} from './journal-line.ts'
import { isSound } from './journal-soundness.ts'
import { decodeLine } from './journal-text.ts'
import { EnergyRows } from './known-energy.ts'
import { NumberList } from './number-list.ts'
import type { RunPlace } from './run-place.ts'
import type { VarianceUntil } from './sampled-variance.ts'
import { WorkSteps } from './work-steps.ts'

type Line<Kind extends KindLine['kind']> = Extract<KindLine, { kind: Kind }>

/** One domain of a journal. */
export interface JournalDomain {
  readonly line: DomainLine
  readonly rows: EnergyRows
  readonly late: LateLine[]
  /** What sampled power leaves open of its energy, up to each checkpoint that tells. */
  readonly sampled: VarianceUntil[]
}

/** A journal as it was read: everything that an analysis needs. */
export class Journal {
  start: StartLine | undefined
  end: EndLine | undefined
  /** Times of the rows in seconds of the run; the first is its begin. */
  readonly times = new NumberList()
  readonly domains: JournalDomain[] = []
  readonly work = new WorkSteps()
  readonly phases: Line<'phase'>[] = []
  readonly folded: PhasesLine[] = []
  readonly begun = new Map<string, Line<'begun'>>()
  readonly scores: Line<'score'>[] = []
  /** How far the run is to go, as was said from time to time. */
  readonly plans: Line<'plan'>[] = []
  readonly tags: Record<string, string> = {}
  readonly processes: Line<'process'>[] = []
  readonly clocks: Line<'clock'>[] = []
  readonly provenance: Record<string, unknown> = {}
  readonly cpuTimes: CpuTimeLine[] = []
  readonly shares: ShareLine[] = []
  /** What a source told of the grid's intensity, all of one kind and basis: the last one counts. */
  readonly intensities: IntensityStep[] = []
  /** Where the run was made, if its cloud told. */
  place: RunPlace | undefined
  baseline: BaselineLine | undefined
  /** Meters that report late, could not be opened in the run, and have told of no domain since. */
  awaited: readonly AwaitedLine[] = []
  /** When the run was asked last for what its late meters owe. */
  settled: SettledLine | undefined
  checkpoint: Line<'checkpoint'> | undefined
  /** Lines that were no lines; a torn last one is not counted. */
  damaged = 0
  readonly #health = new Map<string, HealthEntry>()

  constructor() {
    this.times.push(0)
  }

  /** The last time that any line speaks of, in seconds of the run. */
  get until(): number {
    return this.end?.t ?? this.times.last ?? 0
  }

  /** What the recorder said of the run's health. */
  get health(): HealthEntry[] {
    return [...this.#health.values()]
  }

  /** Takes a parsed line. */
  add(line: JournalLine): void {
    if (!isSound(line)) this.damaged++
    else if (isRow(line)) this.#addRow(line)
    else this.#addKind(line)
  }

  #addRow(row: RowLine): void {
    const from = this.times.last ?? 0
    if (!(row.t > from)) {
      this.damaged++
      return
    }
    const amounts = row.dJ ?? row.mJ ?? []
    const joules = row.dJ ? 0.1 : 0.001
    this.domains.forEach(({ rows }, index) => {
      rows.coverage = Math.min(1, row.coverage?.[index] ?? rows.coverage)
      const amount = amounts[index]
      rows.add(from, row.t, typeof amount === 'number' ? amount * joules : null)
    })
    this.times.push(row.t)
    if (row.work) this.work.add(row.t, row.work)
  }

  #addKind(line: KindLine): void {
    switch (line.kind) {
      case 'start':
        this.start ??= line
        break
      case 'domain':
        this.#addDomain(line)
        break
      case 'late':
        this.domains[line.domain]?.late.push(line)
        break
      case 'work':
        this.work.add(line.t, line.work)
        break
      case 'begun':
        this.begun.set(phaseKey(line), line)
        break
      case 'phase':
        this.begun.delete(phaseKey(line))
        this.phases.push(line)
        break
      case 'phases':
        this.folded.push(line)
        break
      case 'score':
        this.scores.push(line)
        break
      case 'plan':
        this.plans.push(line)
        break
      case 'tag':
        Object.assign(this.tags, line.tags)
        break
      case 'process':
        this.processes.push(line)
        break
      case 'clock':
        this.clocks.push(line)
        break
      case 'provenance':
        Object.assign(this.provenance, line.provenance)
        break
      case 'checkpoint':
        this.#addCheckpoint(line)
        break
      case 'health': {
        const { kind, t, ...entry } = line
        this.#health.set(JSON.stringify([entry.code, entry.meter, entry.domain]), entry)
        break
      }
      case 'end':
        this.end = line
        break
      case 'awaited':
        this.awaited = [...this.awaited, line]
        break
      case 'settled':
        this.settled = line
        break
      case 'baseline':
        this.baseline = line
        break
      case 'cpu-time':
        this.cpuTimes.push(line)
        break
      case 'uncertainty':
        this.#widen(line)
        break
      case 'intensity':
        this.#addIntensity(line.step)
        break
      case 'place':
        this.place = line.place
        break
      case 'share':
        this.shares.push(line)
        break
    }
  }

  #addDomain(line: DomainLine): void {
    const rows = new EnergyRows()
    // Before it was declared nothing was known of it.
    for (let index = 0; index < this.times.length; index++) {
      if (index === 0) rows.joules.push(0)
      else rows.add(this.times.at(index - 1), this.times.at(index), null)
    }
    this.domains.push({ line, rows, late: [], sampled: [] })
    this.awaited = this.awaited.filter(({ meter }) => meter !== line.meter)
  }

  #addCheckpoint(line: Line<'checkpoint'>): void {
    this.checkpoint = line
    line.domains.forEach(({ sampling }, index) => {
      if (sampling !== undefined) this.domains[index]?.sampled.push({ t: line.t, variance: sampling ** 2 })
    })
  }

  /** A run has one source: what is of another kind or basis cannot be true. */
  #addIntensity(step: IntensityStep): void {
    const { kind, basis } = this.start?.factors.source ?? {}
    const first = this.intensities[0]
    const fits =
      step.kind === (kind ?? first?.kind ?? step.kind) && step.basis === (basis ?? first?.basis ?? step.basis)
    if (fits) this.intensities.push(step)
    else this.damaged++
  }

  /** What was learned of a domain's error later counts for the whole run, if it is larger than what was declared. */
  #widen({ domain: index, relative }: Line<'uncertainty'>): void {
    const one = this.domains[index]
    if (!one) return
    const { standardUncertainty = { relative: 0, shared: 'domain' } } = one.line.domain
    if (relative <= standardUncertainty.relative) return
    const domain = { ...one.line.domain, standardUncertainty: { ...standardUncertainty, relative } }
    this.domains[index] = { ...one, line: { ...one.line, domain } }
  }
}

function phaseKey(line: { process: string; id: string }): string {
  return JSON.stringify([line.process, line.id])
}

/** Reads a journal from its lines. A line that is no line is counted; a torn last one is ignored. */
export function readJournal(lines: Iterable<string>): Journal {
  const journal = new Journal()
  let torn = false
  for (const text of lines) {
    if (torn) journal.damaged++
    torn = false
    if (text === '') continue
    const line = parseLine(text)
    if (line) journal.add(line)
    else torn = true
  }
  return journal
}

function parseLine(text: string): JournalLine | undefined {
  // Of whatever shape: the journal checks each line by its kind.
  return decodeLine(text) as JournalLine | undefined
}
