import { join } from 'node:path'
import type { MeterError } from '@ergometer/meter'
import { analyse } from './analyse.ts'
import type { IdlePower } from './baseline.ts'
import { type BudgetUse, budgetMessage } from './budget.ts'
import { ClockWatch } from './clock-watch.ts'
import {
  LIVE_FILE,
  makeEventDirectory,
  RECORDER_FILE,
  removeEventDirectory,
  replaceFile,
  replaceIfPossible,
} from './event-directory.ts'
import { type EndEvent, EventFollower } from './event-follower.ts'
import type { Factors } from './factors.ts'
import type { HealthEntry } from './health.ts'
import { IntensityFeed } from './intensity-feed.ts'
import { readJournal } from './journal.ts'
import { type EndLine, type JournalLine, toMillionth } from './journal-line.ts'
import { LiveAccount, type LiveInstant } from './live-account.ts'
import type { LiveTotals } from './live-totals.ts'
import { MeterGroup } from './meter-group.ts'
import { OwnAccount } from './own-account.ts'
import { processIdentity, processName } from './process-identity.ts'
import { findGit, hostProvenance } from './provenance.ts'
import { type Placing, type RecorderOptions, startLine } from './recorder-options.ts'
import { Recording } from './recording.ts'
import type { Report } from './report.ts'
import { RunStore } from './run-store.ts'
import { WallTime } from './wall-time.ts'

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

/** Seconds that a named meter has for its first reading once its options are accepted, however late that was. */
const FIRST_READ = 0.25
/** Seconds that a named meter has for loading and checking its options. */
const REFUSAL = 2
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
  readonly #meters: MeterGroup
  readonly #follower: EventFollower
  readonly #early: (() => void)[] = []
  readonly #store: RunStore
  readonly #own: OwnAccount | undefined
  #clocks: ClockWatch | undefined
  readonly #wall = new WallTime()
  #recording: Recording | undefined
  #origin = 0
  readonly #live: LiveAccount
  #feed: IntensityFeed | undefined
  #factors: Factors
  #placed: Promise<void> | undefined
  /** That the budget is spent, and on what. */
  #spent: string | undefined
  #provenance: Promise<void> | undefined
  #opening: Promise<void> | undefined
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
    this.#factors = options.factors
    this.#live = new LiveAccount(options.factors, options.budget)
    this.#store = new RunStore((entry) => this.#note(entry), clock)
    const { owner: pid } = options
    this.#follower = new EventFollower(
      options.events,
      pid === undefined ? undefined : processName({ ...processIdentity(), pid }),
      {
        looking: (recording) => this.#watchClocks(recording),
        looked: (recording) => this.#goOn(recording),
        ended: (event, time) => this.#endedBy(event, time),
      },
      clock,
    )
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
        taken: () => this.#follower.taken(),
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
    this.#follower.tick()
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
    const { tags, health } = this.#options
    const at = Math.min(this.#clock(), this.#options.beginBy)
    this.#origin = at
    this.#clocks = new ClockWatch(this.#clock, at)
    this.#wall.add({ t: 0, milliseconds: this.#clocks.begin.getTime() })
    this.#write(startLine(this.#options, at, this.#clocks.begin))
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
    this.#follower.begin(this.#recording, at)
    for (const action of this.#early.splice(0)) action()
    if (idle) this.#recording.addBaseline(idle, this.#options.baseline ?? 0)
    this.#own?.note(this.#recording, 0)
    this.#provenance = this.#findProvenance()
    this.#follow(this.#clocks)
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

  /** Where the machine is has become known: the run goes by its factors from its begin on, live totals from now on. */
  #place({ place, factors }: Placing): void {
    if (this.#closed) return
    this.#write({ kind: 'place', t: toMillionth(Math.max(0, this.#now())), place })
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
        if (!this.#closed) this.#write({ kind: 'intensity', t: toMillionth(this.#now()), step })
      },
      trouble: (message) => this.#say('warning', 'intensity-source-failed', message),
    })
  }

  /** Something is waiting in the event files: look now. */
  look(): void {
    this.#soon(() => this.#follower.look())
  }

  /** A line of a meter for the run's health. */
  log(
    meter: string,
    message: string,
    details: { severity?: HealthEntry['severity']; code?: string; domain?: string } = {},
  ): void {
    const { severity = 'info', code = 'meter-message', domain } = details
    this.#note({ severity, code, message, meter, ...(domain ? { domain: `${meter}:${domain}` } : {}) })
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

  /** What was said until now is heard: goes on with what is done at each look. */
  #goOn(recording: Recording): void {
    this.#feed?.tick()
    this.#own?.note(recording, this.#now())
    this.#publish(recording)
  }

  #publish(recording: Recording): void {
    const live = this.#live.totals(recording, this.#instant())
    if (!live) return
    if (live.use && live.use.share >= 1) this.#spend(recording, live.use)
    this.#listener.live(live.totals)
    replaceIfPossible(this.#options.events, LIVE_FILE, JSON.stringify(live.totals))
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

  /** Ends the run: last readings, last events, report. Safe to call twice; never rejects. */
  end(end: RunEnd): Promise<Report> {
    this.#ended ??= this.#end(end)
    return this.#ended
  }

  /** The training says so itself. */
  #endedBy({ failed, aborted, exitCode }: EndEvent, time: number | undefined): void {
    const status = failed ? 'failed' : aborted ? 'aborted' : 'completed'
    void this.end({
      status,
      ...(exitCode === undefined ? {} : { exitCode }),
      ...(time === undefined ? {} : { time }),
    })
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
    this.#follower.stop()
    // A run may be over before its recorder was ready.
    await Promise.race([this.#opening, seconds(LAST_WRITE)])
    this.#begin()
    const recording = this.#recording as Recording
    const at = Math.max(0, Math.min(time ?? this.#clock(), this.#clock()) - this.#origin)
    this.#own?.note(recording, at, true)
    await this.#meters.opened(LAST_OPENING)
    this.#meters.stop(recording)
    for (const one of this.#meters.awaited) this.#write({ kind: 'awaited', t: toMillionth(at), ...one })
    const intensity = Promise.race([this.#feed?.last(), seconds(LAST_INTENSITY)])
    await this.#meters.readLast(recording, at)
    await intensity
    this.#feed?.close()
    this.#follower.close(at)
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

  #write(line: JournalLine): void {
    this.#store.write(line)
  }

  /** Before the run has begun, what happens waits for it. */
  #soon(action: () => void): void {
    if (this.#recording) action()
    else this.#early.push(action)
  }

  #say(severity: HealthEntry['severity'], code: string, message: string): void {
    this.#note({ severity, code, message })
  }

  #note(entry: HealthEntry): void {
    this.#soon(() => this.#recording?.health.add(entry))
  }

  #now(): number {
    return this.#clock() - this.#origin
  }
}

/** Resolves after so many seconds. */
function seconds(duration: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, duration * 1000))
}
