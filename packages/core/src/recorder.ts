import { join } from 'node:path'
import { after, type MeterError, secondsToGrid } from '@ergometer/meter'
import { analyse } from './analyse.ts'
import type { IdlePower } from './baseline.ts'
import { type Budget, type BudgetUse, budgetMessage } from './budget.ts'
import { ClockWatch } from './clock-watch.ts'
import {
  LIVE_FILE,
  makeEventDirectory,
  RECORDER_FILE,
  removeEventDirectory,
  replaceFile,
  TAKEN_FILE,
} from './event-directory.ts'
import { EventFiles } from './event-files.ts'
import type { TimedEvent } from './event-line.ts'
import type { Factors } from './factors.ts'
import type { SystemRoots } from './find-gpus.ts'
import type { HealthEntry } from './health.ts'
import { IntensityFeed, type IntensityOrigin } from './intensity-feed.ts'
import { readJournal } from './journal.ts'
import { type EndLine, JOURNAL_VERSION, type JournalLine, type StartLine } from './journal-line.ts'
import { LiveAccount, type LiveInstant } from './live-account.ts'
import type { LiveTotals } from './live-totals.ts'
import { MeterGroup } from './meter-group.ts'
import type { MeterSource } from './meter-loop.ts'
import { OwnAccount } from './own-account.ts'
import { processIdentity, processName } from './process-identity.ts'
import { findGit, type GitState, hostProvenance } from './provenance.ts'
import { Recording } from './recording.ts'
import type { Report } from './report.ts'
import type { RunPlace } from './run-place.ts'
import { RunStore } from './run-store.ts'
import type { ScoreTargets } from './scores.ts'
import { TakenFiles } from './taken-files.ts'
import { WallTime } from './wall-time.ts'

/** What a recorder needs to know of its run. */
export interface RecorderOptions {
  readonly runId: string
  readonly name: string
  readonly tags: Readonly<Record<string, string>>
  readonly home: string
  /** Path of the event directory, which the recorder makes and removes. */
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

/** Whom a recorder tells. */
export interface RecorderListener {
  /** The run has begun. */
  ready(runFolder: string | undefined): void
  /** A required meter refused its options or cannot be loaded: nothing begins. */
  refused(error: MeterError): void
  health(entry: HealthEntry): void
  live(totals: LiveTotals): void
  /** The budget is spent: told once. */
  budget(use: BudgetUse): void
  /** The run is over. `totals`: the last ones, as in the report. */
  report(report: Report, totals: LiveTotals): void
}

/** How a run ended, and when: monotonic seconds, absent: now. */
export interface RunEnd extends Omit<EndLine, 'kind' | 't'> {
  readonly time?: number
}

/** Seconds between two looks at the event files, and the most while nothing comes. */
const LOOK_EVERY = 0.1
const LOOK_IDLE = 0.5
/** Seconds that a named meter has for its first reading once its options are accepted, however late that was. */
const FIRST_READ = 0.25
/** Seconds that a named meter has for loading and checking its options. */
const REFUSAL = 2
/** Seconds without a look after which this process was held up: what waits to be read is older than the look. */
const HELD_UP = 1
/** Seconds that a named meter may still take to open at the end. */
const LAST_OPENING = 0.3
/** Seconds that git, and finding the place, may still take at the end. */
const LAST_FACTS = 0.2
/** Seconds that a source of intensity may still take at the end. */
const LAST_INTENSITY = 0.2
/** Seconds that the disk may take at the end before the report is given without it. */
const LAST_WRITE = 0.5

/** Records a run: reads meters, follows event files, writes the journal. Its trouble never leaves it but as health. */
export class Recorder {
  readonly #options: RecorderOptions
  readonly #listener: RecorderListener
  readonly #clock: () => number
  readonly #owner: string | undefined
  readonly #meters: MeterGroup
  readonly #files: EventFiles
  readonly #early: (() => void)[] = []
  readonly #store: RunStore
  readonly #own: OwnAccount | undefined
  #clocks: ClockWatch | undefined
  readonly #wall = new WallTime()
  #recording: Recording | undefined
  #origin = 0
  #lookEvery = LOOK_EVERY
  #lookedAt = 0
  #hearing = false
  readonly #taken = new TakenFiles()
  readonly #live: LiveAccount
  #feed: IntensityFeed | undefined
  #factors: Factors
  #placed: Promise<void> | undefined
  /** That the budget is spent, and on what. */
  #spent: string | undefined
  #badSaid = 0
  #cancel: () => void = () => {}
  #provenance: Promise<void> | undefined
  #opening: Promise<void> | undefined
  #endAt = Number.POSITIVE_INFINITY
  #closed = false
  #ended: Promise<Report> | undefined
  /** Settles when the run is over and everything is given back. */
  readonly ended: Promise<void>
  #over: () => void = () => {}

  /** `clock`: monotonic seconds of the host. */
  constructor(options: RecorderOptions, listener: RecorderListener, clock: () => number) {
    this.#options = options
    this.#listener = listener
    this.#clock = clock
    this.#files = new EventFiles(options.events)
    this.#factors = options.factors
    this.#live = new LiveAccount(options.factors, options.budget)
    this.#store = new RunStore((entry) => this.#soon(() => this.#recording?.health.add(entry)), clock)
    const { owner: pid } = options
    this.#owner = pid === undefined ? undefined : processName({ ...processIdentity(), pid })
    this.#own = options.attribute
      ? new OwnAccount({ trainer: pid, parent: process.ppid, recorder: process.pid }, (message) =>
          this.#say('warning', 'attribution-unavailable', message),
        )
      : undefined
    this.#meters = new MeterGroup(
      options.meters,
      {
        clock,
        wall: this.#wall,
        soon: (action) => this.#soon(() => action(this.#recording as Recording, this.#origin)),
        ownerOf: this.#own && ((consumer) => this.#own?.ownerOf(consumer)),
        taken: () => {
          if (Math.floor(this.#now()) > (this.#recording?.settled ?? 0)) this.#catchUp()
        },
      },
      options.interval,
    )
    this.ended = new Promise((resolve) => {
      this.#over = resolve
    })
  }

  /** Begins: opens the meters and the journal side by side, and the run when both are there, or time is up. */
  async start(): Promise<void> {
    this.#meters.start()
    this.#placed = this.#options.placing?.then(
      (found) => {
        if (found) this.#soon(() => this.#place(found))
      },
      () => {},
    )
    const journal = this.#open()
    this.#opening = journal
    const refused = await this.#meters.refusal(REFUSAL)
    if (refused) {
      await journal
      await this.#store.discard()
      removeEventDirectory(this.#options.events)
      await this.#meters.close()
      this.#listener.refused(refused)
      return
    }
    const { readyBy, baseline } = this.#options
    const left = Math.max(this.#meters.wanted ? FIRST_READ : 0, readyBy - this.#clock())
    await Promise.race([Promise.all([journal, this.#meters.firstReadings()]), seconds(left)])
    const idle = baseline === undefined ? undefined : await this.#meters.measureBaseline(baseline)
    this.#begin(idle)
    this.#listener.ready(this.#store.folder)
    this.#tick()
  }

  async #findProvenance(): Promise<void> {
    const { command } = this.#options
    const quick = { ...hostProvenance(this.#options.roots), ...(command ? { command } : {}) }
    this.#write({ kind: 'provenance', t: 0, provenance: quick })
    const git = await findGit(process.cwd())
    const provenance = { ...(git ? { git } : {}), ...this.#options.describe?.(git) }
    if (Object.keys(provenance).length > 0 && !this.#closed)
      this.#write({ kind: 'provenance', t: 0, provenance })
  }

  /** Makes the event directory and the run's folder, and tells clients who records. */
  async #open(): Promise<void> {
    const { home, runId, events, versions } = this.#options
    const unavailable = (error: unknown) =>
      this.#say(
        'error',
        'events-unavailable',
        `${events}: cannot be used: work and phases are not recorded: ${(error as Error).message}`,
      )
    try {
      makeEventDirectory(events)
    } catch (error) {
      unavailable(error)
    }
    await this.#store.open(home, runId)
    const info = { v: 1, runId, ...processIdentity(), runFolder: this.#store.folder ?? '', versions }
    try {
      replaceFile(join(events, RECORDER_FILE), JSON.stringify(info))
    } catch (error) {
      unavailable(error)
    }
  }

  /** From here on the run's seconds are counted. Whoever waited for the recorder went on at `beginBy`. */
  #begin(idle?: ReadonlyMap<string, IdlePower>): void {
    if (this.#recording) return
    const { runId, name, events, tags, parent, group, given, targets, config, versions, health } =
      this.#options
    const at = Math.min(this.#clock(), this.#options.beginBy)
    this.#origin = at
    this.#lookedAt = this.#clock()
    this.#clocks = new ClockWatch(this.#clock, at)
    this.#wall.add({ t: 0, milliseconds: this.#clocks.begin.getTime() })
    const { pid, processStart, bootId } = processIdentity()
    const start: StartLine = {
      kind: 'start',
      version: JOURNAL_VERSION,
      runId,
      name,
      monotonic: at,
      wall: this.#clocks.begin.toISOString(),
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
    this.#write(start)
    // What the caller knows already is not told back to it.
    const told = new Set(health.map(({ code }) => code))
    this.#recording = new Recording(
      (line) => this.#write(line),
      (entry) => {
        if (!told.has(entry.code)) this.#listener.health(entry)
      },
    )
    for (const entry of health) this.#recording.health.add(entry)
    this.#recording.addTags(tags)
    for (const action of this.#early.splice(0)) action()
    if (idle) this.#recording.addBaseline(idle, this.#options.baseline ?? 0)
    this.#own?.note(this.#recording, 0)
    this.#provenance = this.#findProvenance()
    this.#follow(this.#clocks)
  }

  /** Where the machine is has become known: the run goes by its factors from its begin on, live totals from now on. */
  #place({ place, factors }: Placing): void {
    if (this.#closed) return
    this.#write({ kind: 'place', t: Math.max(0, Math.round(this.#now() * 1e6) / 1e6), place })
    this.#factors = factors
    this.#live.reckonBy(factors)
    if (factors.curve) this.#feed?.standInBy(factors.curve)
  }

  /** Asks the source of intensity from now on, if there is one. */
  #follow(clocks: ClockWatch): void {
    const { source } = this.#options
    const { curve } = this.#factors
    if (!source || !curve) return
    this.#feed = new IntensityFeed(source, curve, clocks.begin.getTime() / 1000, {
      wall: () => clocks.wall,
      write: (step) => {
        if (!this.#closed) this.#write({ kind: 'intensity', t: Math.round(this.#now() * 1e6) / 1e6, step })
      },
      trouble: (message) => this.#say('warning', 'intensity-source-failed', message),
    })
  }

  #write(line: JournalLine): void {
    this.#store.write(line)
  }

  /** Before the run has begun, what happens waits for it. */
  #soon(action: () => void): void {
    if (this.#recording) action()
    else this.#early.push(action)
  }

  #say(severity: HealthEntry['severity'], code: string, message: string, meter?: string): void {
    this.#soon(() => this.#recording?.health.add({ severity, code, message, ...(meter ? { meter } : {}) }))
  }

  /** A line of a meter for the run's health. */
  log(
    meter: string,
    message: string,
    details: { severity?: HealthEntry['severity']; code?: string; domain?: string } = {},
  ): void {
    const { severity = 'info', code = 'meter-message', domain } = details
    const entry = { severity, code, message, meter, ...(domain ? { domain: `${meter}:${domain}` } : {}) }
    this.#soon(() => this.#recording?.health.add(entry))
  }

  #now(): number {
    return this.#clock() - this.#origin
  }

  #tick(): void {
    if (this.#ended) return
    this.#catchUp()
    this.#cancel = after(secondsToGrid(this.#clock(), this.#lookEvery), () => this.#tick())
  }

  /** Something is waiting in the event files: look now. */
  look(): void {
    this.#soon(() => this.#advance(true))
  }

  /** After a standstill the run may be over already: no row is written before what was said meanwhile is heard. */
  #catchUp(): void {
    if (this.#hearing) return
    if (this.#clock() - this.#lookedAt <= HELD_UP) {
      this.#advance()
      return
    }
    this.#hearing = true
    setImmediate(() =>
      setImmediate(() => {
        this.#hearing = false
        this.#advance()
      }),
    )
  }

  #advance(thoroughly = false): void {
    const recording = this.#recording
    if (!recording || this.#ended) return
    this.#lookedAt = this.#clock()
    this.#watchClocks(recording)
    this.#taken.mark(Math.floor(this.#now()), () => this.#files.taken())
    // No row is written before the events of its second are read.
    const grew = this.#poll({ thoroughly: thoroughly || this.#now() >= recording.settled + 1 })
    if (grew) this.#poll({ thoroughly: true })
    // Its last event may have ended the run, at a time of its own.
    if (this.#ended) return
    this.#lookEvery = grew ? LOOK_EVERY : Math.min(LOOK_IDLE, this.#lookEvery * 2)
    recording.settle(this.#now())
    this.#feed?.tick()
    this.#own?.note(recording, this.#now())
    const taken = this.#taken.settle(recording.settled)
    if (taken !== undefined) this.#replace(TAKEN_FILE, taken)
    this.#publish(recording)
  }

  #replace(name: string, text: string): void {
    try {
      replaceFile(join(this.#options.events, name), text)
    } catch {
      // Said already when the directory could not be used; a full disk is said by the journal.
    }
  }

  #poll(how: { thoroughly?: boolean; finally?: boolean }): boolean {
    const grew = this.#files.poll(this.#clock(), (event, process) => this.#event(event, process), how)
    if (this.#files.bad === this.#badSaid) return grew
    const count = this.#files.bad - this.#badSaid
    this.#badSaid = this.#files.bad
    const message = 'event lines that could not be understood were left out (see docs/events.md)'
    this.#recording?.health.add({ severity: 'warning', code: 'bad-event-line', message, count })
    return grew
  }

  #event({ event, time }: TimedEvent, client: string): void {
    const now = this.#now()
    // What a client wrote without a time before the run's end belongs to the run, though it is read after it.
    const at = time === undefined ? Math.min(now, this.#endAt) : time - this.#origin
    const told =
      event.kind === 'reading' && event.from !== undefined
        ? { ...event, from: event.from - this.#origin }
        : event
    if (!this.#recording?.addEvent(told, at, now, client)) {
      this.#recording?.health.add({
        severity: 'info',
        code: 'event-refused',
        message: `an event of kind '${event.kind}' made no sense (a phase that ends before it begins, a reading of an unknown domain) and was left out`,
      })
    }
    if (event.kind !== 'end' || client !== this.#owner) return
    const status = event.failed ? 'failed' : event.aborted ? 'aborted' : 'completed'
    const { exitCode } = event
    void this.end({
      status,
      ...(exitCode === undefined ? {} : { exitCode }),
      ...(time === undefined ? {} : { time }),
    })
  }

  #watchClocks(recording: Recording): void {
    const found = this.#clocks?.look()
    if (found) this.#noteClocks(found.line)
    if (found?.health) recording.health.add(found.health)
  }

  #noteClocks(line: ReturnType<ClockWatch['line']>): void {
    this.#wall.add({ t: line.t, milliseconds: Date.parse(line.wall) })
    this.#write(line)
  }

  #spend(recording: Recording, use: BudgetUse): void {
    if (this.#spent !== undefined) return
    this.#spent = budgetMessage(use)
    recording.health.add({ severity: 'warning', code: 'budget-spent', message: this.#spent })
    this.#listener.budget(use)
  }

  #instant(): LiveInstant {
    const { failures: meters, opening } = this.#meters
    return { seconds: this.#now(), monotonic: this.#clock(), intensity: this.#feed, meters, opening }
  }

  #publish(recording: Recording): void {
    const live = this.#live.totals(recording, this.#instant())
    if (!live) return
    if (live.use && live.use.share >= 1) this.#spend(recording, live.use)
    this.#listener.live(live.totals)
    this.#replace(LIVE_FILE, JSON.stringify(live.totals))
  }

  /** Ends the run: last readings, last events, report. Safe to call twice; never rejects. */
  end(end: RunEnd): Promise<Report> {
    this.#ended ??= this.#end(end)
    return this.#ended
  }

  /** The trainer is gone. What it said of its end in its event file counts; else it was killed. */
  async abandoned(): Promise<void> {
    await Promise.race([this.#opening, seconds(LAST_WRITE)])
    this.#begin()
    this.look()
    await this.end({ status: 'crashed', reason: 'the training ended without saying so' })
    await this.ended
  }

  async #end({ time, ...end }: RunEnd): Promise<Report> {
    this.#cancel()
    // A run may be over before its recorder was ready.
    await Promise.race([this.#opening, seconds(LAST_WRITE)])
    this.#begin()
    const recording = this.#recording as Recording
    const at = Math.max(0, Math.min(time ?? this.#clock(), this.#clock()) - this.#origin)
    this.#endAt = at
    this.#own?.note(recording, at, true)
    await this.#meters.opened(LAST_OPENING)
    this.#meters.stop(recording)
    for (const one of this.#meters.awaited)
      this.#write({ kind: 'awaited', t: Math.round(at * 1e6) / 1e6, ...one })
    const intensity = Promise.race([this.#feed?.last(), seconds(LAST_INTENSITY)])
    await this.#meters.readLast(recording, at)
    await intensity
    this.#feed?.close()
    this.#poll({ finally: true })
    this.#files.close()
    if (this.#clocks) this.#noteClocks(this.#clocks.line())
    await Promise.race([Promise.all([this.#provenance, this.#placed]), seconds(LAST_FACTS)])
    this.#closed = true
    recording.close(at, this.#spent === undefined ? end : { ...end, status: 'aborted', reason: this.#spent })
    const { report, kept } = await this.#report()
    this.#listener.report(report, this.#live.close(recording, this.#instant(), report))
    // Nobody waits any more: a disk that stalls has all the time it needs.
    await kept
    await this.#store.close()
    await this.#meters.close()
    removeEventDirectory(this.#options.events)
    this.#over()
    return report
  }

  /** The report, and when it is kept, which a disk that stalls may delay. */
  async #report(): Promise<{ report: Report; kept: Promise<void> }> {
    await Promise.race([this.#store.flush(), seconds(LAST_WRITE)])
    const report = this.#analyse()
    const kept = this.#keep(report)
    await Promise.race([kept, seconds(LAST_WRITE)])
    return { report, kept }
  }

  /** Where the run's folder came too late for the report that was told, the one in it names it. */
  async #keep(report: Report): Promise<void> {
    await this.#opening
    await this.#store.writeReport(report.run.folder === undefined ? this.#analyse() : report)
  }

  #analyse(): Report {
    const { folder } = this.#store
    const factors = this.#factors
    const known = this.#feed ? { ...factors, curve: this.#feed.curve } : factors
    return analyse(readJournal(this.#store.lines()), known, folder ? { folder } : {})
  }
}

/** Resolves after so many seconds. */
function seconds(duration: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, duration * 1000))
}
