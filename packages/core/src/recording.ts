import type { Domain } from '@ergometer/meter'
import { declaredDomain } from '@ergometer/meter'
import type { IdlePower } from './baseline.ts'
import type { CpuTime } from './cpu-account.ts'
import type { Known, LateEnergy } from './energy-ledger.ts'
import type { ClientEvent } from './event-line.ts'
import { Fold } from './fold.ts'
import { HealthLog } from './health.ts'
import type { EndLine, JournalLine, RowLine } from './journal-line.ts'
import { PhaseTracker } from './phase-tracker.ts'
import { RecordedDomain } from './recorded-domain.ts'
import { redactValue } from './redact.ts'
import { ScoreLedger } from './score-ledger.ts'
import { type OwnedPart, ShareAccount, type ShareStretch } from './share-account.ts'
import { WorkLedger } from './work-ledger.ts'

/** So many names of work, of scores, and of tags. */
const MOST_NAMES = 64
const MOST_DOMAINS = 4096
const MOST_PROCESSES = 4096
/** Seconds between two checkpoints. */
const CHECKPOINT = 600
/** Edges of one second that get a row of their own. */
const MOST_EDGE_ROWS = 256

/**
 * A run while it is being recorded: readings and events in, journal lines out. Touches neither clock nor disk:
 * all times are seconds of the run, given by the caller.
 */
export class Recording {
  readonly health: HealthLog
  readonly domains: RecordedDomain[] = []
  readonly work = new WorkLedger()
  readonly scores = new ScoreLedger()
  readonly tags: Record<string, string> = {}
  readonly #write: (line: JournalLine) => void
  readonly #phases = new PhaseTracker()
  readonly #names = { work: new Set<string>(), score: new Set<string>(), tag: new Set<string>() }
  readonly #processes: Map<string, string>
  readonly #told: Set<string>
  readonly #pushed = new Map<string, number>()
  readonly #shares = new Map<number, ShareAccount>()
  #settled: number
  #nextCheckpoint = CHECKPOINT

  /** `write` takes each journal line; `said` each new entry of health; `resumed`: what an earlier recording left. */
  constructor(
    write: (line: JournalLine) => void,
    said: HealthLogListener = () => {},
    resumed: { settled: number; processes: ReadonlyMap<string, string> } = {
      settled: 0,
      processes: new Map(),
    },
  ) {
    this.#write = write
    this.#settled = resumed.settled
    this.#processes = new Map(resumed.processes)
    this.#told = new Set(resumed.processes.values())
    this.health = new HealthLog((entry) => {
      write({ kind: 'health', t: this.#settled, ...entry })
      said(entry)
    })
  }

  /** Seconds of the run that are in the journal. */
  get settled(): number {
    return this.#settled
  }

  /** Takes a domain; the number that its readings go by, or, as text, what is wrong with it. */
  addDomain(meter: string, declaration: unknown, interval: number, delay = 0): number | string {
    const domain = declaredDomain(declaration)
    if (typeof domain === 'string') return domain
    const id = `${meter}:${domain.id}`
    const known = this.domains.findIndex((one) => one.id === id)
    if (known >= 0) return known
    if (this.domains.length >= MOST_DOMAINS) return `more than ${MOST_DOMAINS} domains`
    this.domains.push(new RecordedDomain(meter, domain, interval, delay, this.#settled))
    this.#write({ kind: 'domain', t: this.#settled, id, meter, interval, domain })
    return this.domains.length - 1
  }

  /** Takes a reading; true if it was plausible. `now` bounds times: the future is not read. */
  addReading(index: number, now: number, value: number, time = now, from?: number): boolean {
    const one = this.domains[index]
    if (!one) return false
    // Of an interval that is not over yet a meter that reports late will tell more.
    if (one.isLate && time > now + 1 && from !== undefined && from <= now) return true
    if (time > now + 1) return this.#implausible(one, `time ${(time - now).toFixed(1)} s in the future`)
    const step = one.curve.add(time, value, from)
    for (const segment of step.segments) {
      if (!one.waitedFor) one.watchLate(segment)
      this.#writeLate(index, one.waitedFor ? one.ledger.add(segment) : one.ledger.addLate(segment))
    }
    if (step.problem === 'implausible-reading') return this.#implausible(one, step.why ?? '')
    // Of what comes late it is known only in the end what is missing.
    if (step.problem && !(step.problem === 'gap' && one.isLate)) {
      this.health.add({
        severity: step.problem === 'gap' ? 'info' : 'warning',
        code: step.problem === 'reset' ? 'counter-reset' : step.problem,
        message: problemText[step.problem](one.id),
        meter: one.meter,
        domain: one.id,
        to: micro(time),
      })
    }
    return true
  }

  /** The counter of a domain may have begun anew at a time: nothing is joined over it. */
  restart(index: number, time: number): void {
    this.domains[index]?.curve.restart(time)
  }

  /** The relative standard uncertainty of a domain has turned out to be larger than its meter declared. */
  widen(index: number, relative: number): void {
    const one = this.domains[index]
    if (!one || relative <= (one.relative ?? 0)) return
    one.relative = relative
    this.#write({ kind: 'uncertainty', t: this.#settled, domain: index, relative })
  }

  #writeLate(domain: number, late: readonly LateEnergy[]): void {
    for (const { from, to, joules, coverage } of late) {
      this.#write({
        kind: 'late',
        domain,
        from: micro(from),
        to: micro(to),
        joules,
        ...(coverage === undefined ? {} : { coverage: micro(coverage) }),
      })
    }
  }

  #implausible(one: RecordedDomain, why: string): boolean {
    this.health.add({
      severity: 'warning',
      code: 'implausible-reading',
      message: `${one.id}: reading left out: ${why}`,
      meter: one.meter,
      domain: one.id,
    })
    return false
  }

  /** Takes an event of a client; false if it makes no sense. What it says of time is seconds of the run. */
  addEvent(event: ClientEvent, time: number, now: number, client: string): boolean {
    const at = micro(Math.min(Math.max(time, 0), now))
    const process = this.#processName(client)
    switch (event.kind) {
      case 'process':
        return this.#addProcess(event, at, process)
      case 'work':
        return this.#addWork(event.work, at)
      case 'score':
        return this.#addScores(event.scores, at)
      case 'phase':
        return event.edge === 'begin'
          ? this.#phases.begin(process, event.id, event.name, at)
          : this.#phases.end(process, event.id, at)
      case 'tag':
        return this.addTags(event.tags)
      case 'plan':
        this.#write({ kind: 'plan', t: at, plan: event.plan })
        return true
      case 'domain':
        return this.#addPushed(event.domain)
      case 'reading': {
        const index = this.#pushed.get(event.domain)
        if (index === undefined) return false
        return this.addReading(index, now, event.value, time, event.from)
      }
      case 'end':
        this.#phases.endAll(at, process)
        return true
    }
  }

  /** Notes whose the energy of a domain was since that was told last. */
  addShares(index: number, time: number, parts: readonly OwnedPart[]): void {
    if (!this.domains[index] || parts.length === 0) return
    const account = this.#shares.get(index) ?? new ShareAccount()
    this.#shares.set(index, account)
    this.#writeShare(index, account.add(time, parts))
  }

  #writeShare(domain: number, stretch: ShareStretch | undefined): void {
    if (!stretch) return
    const { from, to, own, others, idle } = stretch
    this.#write({
      kind: 'share',
      t: micro(to),
      domain,
      from: micro(from),
      own: micro(own),
      others: micro(others),
      idle: micro(idle),
    })
  }

  /** Notes idle power that was measured over so many seconds before the run, by domain id. */
  addBaseline(idle: ReadonlyMap<string, IdlePower>, seconds: number): void {
    const of = (value: (power: IdlePower) => number | undefined) =>
      this.domains.map(({ id }) => {
        const power = idle.get(id)
        return (power && value(power)) ?? null
      })
    this.#write({
      kind: 'baseline',
      t: this.#settled,
      seconds,
      watts: of(({ watts }) => watts),
      standardUncertaintyWatts: of(({ standardUncertaintyWatts }) => standardUncertaintyWatts),
    })
  }

  /** Notes how much CPU time the run, and all processes, have taken since its begin. */
  addCpuTime(time: number, { own, busy, method }: CpuTime): void {
    this.#write({ kind: 'cpu-time', t: micro(time), own: micro(own), busy: micro(busy), method })
  }

  /** Processes go by short names: they stand in every phase line. */
  #processName(client: string): string {
    const name = this.#processes.get(client) ?? `p${Math.min(this.#processes.size, MOST_PROCESSES) + 1}`
    if (this.#processes.size <= MOST_PROCESSES) this.#processes.set(client, name)
    return name
  }

  #addProcess(event: Extract<ClientEvent, { kind: 'process' }>, t: number, process: string): boolean {
    if (this.#told.has(process)) return true
    this.#told.add(process)
    const { kind, pid, rank, localRank, worldSize } = event
    this.#write({
      kind,
      t,
      process,
      pid,
      ...(rank === undefined ? {} : { rank }),
      ...(localRank === undefined ? {} : { localRank }),
      ...(worldSize === undefined ? {} : { worldSize }),
    })
    return true
  }

  #addWork(work: Readonly<Record<string, number>>, t: number): boolean {
    const kept = this.#bounded('work', work)
    if (t > this.#settled) this.work.add(t, kept)
    else {
      // Its row is written already: a step of its own at its own time.
      this.work.addTotal(kept)
      this.#write({ kind: 'work', t, work: kept })
    }
    return true
  }

  #addScores(scores: Extract<ClientEvent, { kind: 'score' }>['scores'], time: number): boolean {
    for (const [name, score] of Object.entries(this.#bounded('score', scores))) {
      this.scores.add(name, { time, ...score })
    }
    return true
  }

  /** Adds tags; a later value of one name counts. */
  addTags(tags: Readonly<Record<string, string>>): boolean {
    const kept = redactValue(this.#bounded('tag', tags)) as Record<string, string>
    Object.assign(this.tags, kept)
    if (Object.keys(kept).length > 0) this.#write({ kind: 'tag', t: this.#settled, tags: kept })
    return true
  }

  #bounded<Value>(
    of: 'work' | 'score' | 'tag',
    values: Readonly<Record<string, Value>>,
  ): Record<string, Value> {
    const names = this.#names[of]
    const kept: Record<string, Value> = {}
    for (const [name, value] of Object.entries(values)) {
      if (!names.has(name) && names.size >= MOST_NAMES) {
        this.health.add({
          severity: 'warning',
          code: 'too-many-names',
          message: `more than ${MOST_NAMES} names of ${of}: '${name}' and others left out`,
          domain: of,
        })
        continue
      }
      names.add(name)
      kept[name] = value
    }
    return kept
  }

  #addPushed(domain: Domain): boolean {
    if (this.#pushed.has(domain.id)) return true
    const index = this.addDomain('push', domain, domain.updatePeriod ?? 1)
    if (typeof index === 'string') return false
    this.#pushed.set(domain.id, index)
    return true
  }

  /** True when every domain that is read at least once a second is known up to `time`. */
  knownUntil(time: number): boolean {
    return this.domains.every((one) => !one.waitedFor || (one.curve.knownUntil ?? -1) >= time)
  }

  /** Longest that a row is kept waiting for a domain, in seconds. */
  get patience(): number {
    const waited = this.domains.filter((one) => one.waitedFor).map((one) => one.patience)
    return Math.min(2, Math.max(0.1, ...waited))
  }

  /** Writes the rows of all whole seconds up to `now` that are known, or were waited for long enough. */
  settle(now: number): void {
    for (let second = Math.floor(this.#settled) + 1; second <= now; second++) {
      if (!this.knownUntil(second) && now < second + this.patience) return
      this.#settleUntil(second, 'dJ')
    }
    // Whoever ended a long phase may be waiting for its energy: it is told at once.
    const edge = this.#phases.lastEndOfThoseBegunBy(this.#settled)
    if (edge !== undefined && edge <= now && this.knownUntil(edge)) this.#settleUntil(edge, 'mJ')
  }

  /** Ends what is open, writes the last row at `time`, a checkpoint and the end line. */
  close(time: number, end: Omit<EndLine, 'kind' | 't'>): void {
    const t = Math.max(micro(time), this.#settled)
    this.#phases.close(t)
    for (let second = Math.floor(this.#settled) + 1; second < t; second++) this.#settleUntil(second, 'dJ')
    if (t > this.#settled) this.#settleUntil(t, 'mJ')
    this.#writePhases(t, t)
    this.#writeScores(t)
    for (const [index, account] of this.#shares) this.#writeShare(index, account.close(t))
    this.checkpoint()
    for (const entry of this.health.entries) {
      if (entry.count !== undefined) this.#write({ kind: 'health', t, ...entry })
    }
    this.#write({ kind: 'end', t, ...end })
  }

  #settleUntil(until: number, unit: 'dJ' | 'mJ'): void {
    const from = this.#settled
    const phases = this.#phases.settle(from, until)
    const folds = [...phases.folded].map(([name, fast]) => new Fold(name, fast, this.work))
    const ends = folds.flatMap((fold) => [fold.from, fold.to])
    const edges = [...new Set([...phases.edges, ...this.scores.times, ...ends])]
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
    this.domains.forEach((one, index) => {
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
      this.#writeLate(index, known.late)
      one.watch(from, t, known)
    })
    const work = this.work.settle(t)
    const row: RowLine = { t }
    if (amounts.length > 0) row[unit] = amounts
    if (changed) row.coverage = coverage
    if (Object.keys(work).length > 0) row.work = work
    this.#write(row)
    this.#settled = t
  }

  #writeScores(until: number): void {
    for (const { name, score } of this.scores.settle(until)) {
      const { time, ...told } = score
      this.#write({ kind: 'score', t: time, name, ...told })
    }
  }

  /** Writes cumulative figures, so that a reader can check the sum of the rows. */
  checkpoint(): void {
    this.#nextCheckpoint = this.#settled + CHECKPOINT
    if (this.domains.length === 0) return
    this.#write({
      kind: 'checkpoint',
      t: this.#settled,
      domains: this.domains.map((one) => one.checkpoint(this.#settled)),
    })
  }
}

/** Called with each new entry of health. */
export type HealthLogListener = ConstructorParameters<typeof HealthLog>[0]

const problemText = {
  reset: (id: string) => `${id}: the counter was reset; the energy in between is unknown`,
  'ambiguous-wraps': (id: string) =>
    `${id}: the counter may have wrapped more than once; that energy is unknown`,
  gap: (id: string) => `${id}: readings too far apart to be joined; the time in between is not covered`,
}

function micro(seconds: number): number {
  return Math.round(seconds * 1e6) / 1e6
}
