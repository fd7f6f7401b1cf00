import type { Domain } from '@ergometer/meter'
import { declaredDomain } from '@ergometer/meter'
import type { IdlePower } from './baseline.ts'
import type { CpuTime } from './cpu-account.ts'
import type { ClientEvent } from './event-line.ts'
import { HealthLog } from './health.ts'
import { type EndLine, type JournalLine, toMillionth } from './journal-line.ts'
import { PhaseTracker } from './phase-tracker.ts'
import { RecordedDomain } from './recorded-domain.ts'
import { redactValue } from './redact.ts'
import { lateLine, RowWriter } from './row-writer.ts'
import { ScoreLedger } from './score-ledger.ts'
import { type OwnedPart, ShareAccount, type ShareStretch } from './share-account.ts'
import { WorkLedger } from './work-ledger.ts'

/** So many names of work, of scores, and of tags. */
const MOST_NAMES = 64
const MOST_DOMAINS = 4096
const MOST_PROCESSES = 4096

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
  readonly #rows: RowWriter

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
    this.#rows = new RowWriter(this, this.#phases, write, resumed.settled)
    this.#processes = new Map(resumed.processes)
    this.#told = new Set(resumed.processes.values())
    this.health = new HealthLog((entry) => {
      write({ kind: 'health', t: this.settled, ...entry })
      said(entry)
    })
  }

  /** Seconds of the run that are in the journal. */
  get settled(): number {
    return this.#rows.settled
  }

  /** Takes a domain; the number that its readings go by, or, as text, what is wrong with it. */
  addDomain(meter: string, declaration: unknown, interval: number, delay = 0): number | string {
    const domain = declaredDomain(declaration)
    if (typeof domain === 'string') return domain
    const id = `${meter}:${domain.id}`
    const known = this.domains.findIndex((one) => one.id === id)
    if (known >= 0) return known
    if (this.domains.length >= MOST_DOMAINS) return `more than ${MOST_DOMAINS} domains`
    this.domains.push(new RecordedDomain(meter, domain, interval, delay, this.settled))
    this.#write({ kind: 'domain', t: this.settled, id, meter, interval, domain })
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
      const late = one.waitedFor ? one.ledger.add(segment) : one.ledger.addLate(segment)
      for (const energy of late) this.#write(lateLine(index, energy))
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
        to: toMillionth(time),
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
    this.#write({ kind: 'uncertainty', t: this.settled, domain: index, relative })
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
    const at = toMillionth(Math.min(Math.max(time, 0), now))
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
      t: toMillionth(to),
      domain,
      from: toMillionth(from),
      own: toMillionth(own),
      others: toMillionth(others),
      idle: toMillionth(idle),
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
      t: this.settled,
      seconds,
      watts: of(({ watts }) => watts),
      standardUncertaintyWatts: of(({ standardUncertaintyWatts }) => standardUncertaintyWatts),
    })
  }

  /** Notes how much CPU time the run, and all processes, have taken since its begin. */
  addCpuTime(time: number, { own, busy, method }: CpuTime): void {
    this.#write({
      kind: 'cpu-time',
      t: toMillionth(time),
      own: toMillionth(own),
      busy: toMillionth(busy),
      method,
    })
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
    if (t > this.settled) this.work.add(t, kept)
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
    if (Object.keys(kept).length > 0) this.#write({ kind: 'tag', t: this.settled, tags: kept })
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

  /** Writes the rows of all whole seconds up to `now` that are known, or were waited for long enough. */
  settle(now: number): void {
    this.#rows.settle(now)
  }

  /** Ends what is open, writes the last row at `time`, a checkpoint and the end line. */
  close(time: number, end: Omit<EndLine, 'kind' | 't'>): void {
    const t = this.#rows.close(toMillionth(time))
    for (const [index, account] of this.#shares) this.#writeShare(index, account.close(t))
    this.#rows.checkpoint()
    for (const entry of this.health.entries) {
      if (entry.count !== undefined) this.#write({ kind: 'health', t, ...entry })
    }
    this.#write({ kind: 'end', t, ...end })
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
