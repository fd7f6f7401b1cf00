import type { Domain, MeterError, MeterHandle, Reading, ReadResult } from '@ergometer/meter'
import { Baseline, type IdlePower } from './baseline.ts'
import { MeterLoop, type MeterSource } from './meter-loop.ts'
import type { Recording } from './recording.ts'
import type { OwnedPart, Owner } from './share-account.ts'
import { WallTime } from './wall-time.ts'

/** What the meters of a run need of its recorder. */
export interface MeterGroupHost {
  /** Monotonic seconds. */
  readonly clock: () => number
  /** Wall time beside the run's, as it is known so far; absent: readings go by their monotonic times. */
  readonly wall?: WallTime
  /** Calls back once there is a recording; `origin`: monotonic seconds of the run's second 0. */
  soon(action: (recording: Recording, origin: number) => void): void
  /** Whose a consumer is, as meters call it; absent: nobody asks. Undefined: that cannot be told. */
  readonly ownerOf?: ((consumer: string) => Owner | undefined) | undefined
  /** Readings have been taken. */
  taken(): void
}

/** Seconds that the last readings may take in all, and one of them. */
const LAST_READS = 1
const LAST_READ = 0.5
/** A meter that has failed more often than this in a row is given up at the end. */
const LAST_TRIES = 1
/** Codes of a MeterError that mean that the user asked for something wrong. */
const REFUSALS = new Set(['METER_OPTIONS_INVALID', 'METER_SPECIFICATION_VERSION'])

/** The meters of one run: opens them, hands what they read to the recording, reads them a last time, closes them. */
export class MeterGroup {
  readonly #sources: readonly MeterSource[]
  readonly #host: MeterGroupHost
  readonly #wall: WallTime
  readonly #loops: readonly MeterLoop[]
  readonly #indices = new Map<MeterHandle, number[]>()
  readonly #declaredBy = new Map<string, MeterSource>()
  /** Meters that cannot work here. */
  readonly #absent = new Set<string>()
  #baselines: Map<string, Baseline> | undefined

  /** `interval`: seconds between two reads, if not each meter's own. */
  constructor(sources: readonly MeterSource[], host: MeterGroupHost, interval?: number | undefined) {
    this.#sources = sources
    this.#host = host
    this.#wall = host.wall ?? new WallTime()
    this.#loops = sources.map((source) => this.#loop(source, interval))
  }

  #loop(source: MeterSource, interval: number | undefined): MeterLoop {
    const { clock, soon } = this.#host
    return new MeterLoop(
      source,
      {
        opened: (handle, grid, delay) =>
          soon((recording) => this.#opened(recording, source, handle, grid, delay)),
        read: (handle, result) => {
          this.#rest(handle, result)
          soon((recording, origin) => this.#read(recording, origin, handle, result))
        },
        trouble: (error, handle) =>
          soon((recording) => this.#trouble(recording, error, source, handle?.name ?? source.name)),
      },
      clock,
      interval,
    )
  }

  /** Opens the meters. */
  start(): void {
    for (const loop of this.#loops) loop.start()
  }

  /** Waits for the first reading of each meter, or until it is known that there is none. */
  async firstReadings(): Promise<void> {
    await Promise.all(this.#loops.map((loop) => loop.first))
  }

  /** True while a meter has neither opened nor failed. */
  get opening(): boolean {
    return this.#loops.some((loop) => loop.opening)
  }

  /** How often opening or reading has failed, by the name of the meter; a meter that was never there has no failures. */
  get failures(): { readonly name: string; readonly failures: number }[] {
    const opened = this.#loops.filter((loop) => !loop.opening && !this.#absent.has(loop.name))
    return opened.map(({ name, failed }) => ({ name, failures: failed }))
  }

  /** True if somebody named a meter. */
  get wanted(): boolean {
    return this.#sources.some((source) => source.wanted)
  }

  /** The first wanted meter that refuses its options, or undefined; waits up to `patience` seconds. */
  async refusal(patience: number): Promise<MeterError | undefined> {
    const required = this.#loops.filter((_, index) => this.#sources[index]?.wanted)
    const errors = await Promise.all(
      required.map((loop) =>
        Promise.race([loop.loaded.then(() => undefined), seconds(patience)]).catch(
          (error: MeterError) => error,
        ),
      ),
    )
    return errors.find(
      (error): error is MeterError => error instanceof Error && REFUSALS.has((error as MeterError).code),
    )
  }

  /** Idle power by domain id (`<meter>:<domain id>`), from readings over so many seconds from now. */
  async measureBaseline(duration: number): Promise<Map<string, IdlePower>> {
    const from = this.#host.clock()
    const baselines = new Map<string, Baseline>()
    this.#baselines = baselines
    await seconds(duration)
    await this.#readAgain()
    const to = this.#host.clock()
    this.#baselines = undefined
    const idle = new Map<string, IdlePower>()
    for (const [id, baseline] of baselines) {
      const power = baseline.between(from, Math.min(to, from + duration))
      if (power) idle.set(id, power)
    }
    return idle
  }

  async #readAgain(): Promise<void> {
    const reads = this.#loops.map((loop) =>
      (loop.handle?.interval ?? 2) <= 1 ? loop.read(LAST_READ) : undefined,
    )
    await Promise.race([Promise.all(reads), seconds(LAST_READ)])
  }

  #rest(handle: MeterHandle, { readings }: ReadResult): void {
    if (!this.#baselines) return
    for (const { domain: index, value, time, from } of readings) {
      const domain = handle.domains[index]
      if (!domain) continue
      const id = `${handle.name}:${domain.id}`
      const baseline = this.#baselines.get(id) ?? new Baseline(domain, handle.interval)
      this.#baselines.set(id, baseline)
      baseline.add(time, value, from)
    }
  }

  #opened(
    recording: Recording,
    source: MeterSource,
    handle: MeterHandle,
    interval: number,
    delay: number,
  ): void {
    const { name } = handle
    const indices = handle.domains.map((domain) => {
      const id = `${name}:${domain.id}`
      // A meter that is opened anew goes on with its own domains; another one's are not its to continue.
      if ((this.#declaredBy.get(id) ?? source) !== source) {
        const message = `${id} is declared by two meters: the second is left out`
        recording.health.add({ severity: 'error', code: 'duplicate-domain', message, meter: name })
        return -1
      }
      const index = recording.addDomain(name, domain, interval, delay)
      if (typeof index === 'number') {
        this.#declaredBy.set(id, source)
        return index
      }
      const message = `meter '${name}' declares what is no domain: ${index}`
      recording.health.add({ severity: 'error', code: 'domain-invalid', message, meter: name })
      return -1
    })
    this.#indices.set(handle, indices)
  }

  #read(recording: Recording, origin: number, handle: MeterHandle, result: ReadResult): void {
    const indices = this.#indices.get(handle) ?? []
    const now = this.#host.clock() - origin
    const readings = inOrder(result.readings, handle.domains)
    for (const { domain, time } of result.restarts ?? []) {
      recording.restart(indices[domain] ?? -1, time - origin)
    }
    for (const { domain, relative } of result.uncertainties ?? []) {
      recording.widen(indices[domain] ?? -1, relative)
    }
    for (const reading of readings) {
      for (const { value, time, from } of this.#wall.place(reading, origin)) {
        recording.addReading(indices[reading.domain] ?? -1, now, value, time, from)
      }
    }
    this.#share(recording, origin, indices, result.shares ?? [])
    if (!handle.alive) this.#indices.delete(handle)
    this.#host.taken()
  }

  /** Hands on whose the energy of domains was, by domain and instant. */
  #share(
    recording: Recording,
    origin: number,
    indices: readonly number[],
    shares: NonNullable<ReadResult['shares']>,
  ): void {
    const { ownerOf } = this.#host
    if (!ownerOf) return
    const told = new Map<string, { index: number; time: number; parts: OwnedPart[] }>()
    for (const { domain, consumer, fraction, time } of shares) {
      const owner = ownerOf(consumer)
      const key = `${domain} ${time}`
      const one = told.get(key) ?? { index: indices[domain] ?? -1, time: time - origin, parts: [] }
      if (owner) one.parts.push({ owner, fraction })
      told.set(key, one)
    }
    for (const { index, time, parts } of told.values()) recording.addShares(index, time, parts)
  }

  #trouble(
    recording: Recording,
    { code, message, outcome }: MeterError,
    source: MeterSource,
    meter: string,
  ): void {
    const { health } = recording
    const severity = outcome === 'retry' ? 'warning' : 'error'
    if (code === 'METER_UNAVAILABLE') {
      this.#absent.add(meter)
      health.add({ severity: source.wanted ? 'warning' : 'info', code: 'meter-unavailable', message, meter })
    } else if (code === 'METER_TIMEOUT') {
      health.add({ severity, code: 'meter-timeout', message, meter })
    } else {
      health.add({ severity, code: 'meter-failed', message, meter })
    }
  }

  /**
   * Waits up to `patience` seconds for meters that somebody named and that are still being opened: of one that reports late all is
   * still to come, if only it is known that it owes it.
   */
  async opened(patience: number): Promise<void> {
    const opening = this.#loops.filter((loop, index) => loop.opening && this.#sources[index]?.wanted)
    if (opening.length === 0) return
    await Promise.race([Promise.all(opening.map((loop) => loop.opened)), seconds(patience)])
  }

  /** Meters that report late and could not be opened: what they have to tell is still to come. */
  get awaited(): { readonly meter: string; readonly lateBy: number }[] {
    return this.#loops.flatMap(({ name, awaited }) =>
      awaited === undefined ? [] : [{ meter: name, lateBy: awaited }],
    )
  }

  /** Ends the schedules, and says which meters never opened. */
  stop(recording: Recording): void {
    for (const loop of this.#loops) {
      loop.stop()
      if (!loop.opening) continue
      const message = `meter '${loop.name}' had not opened when the run ended: nothing was read (if it reports late, 'ergometer settle' asks it)`
      recording.health.add({ severity: 'warning', code: 'meter-timeout', message, meter: loop.name })
    }
  }

  /**
   * Every meter that does not tell late is read once more, and as often as it takes if it shows something new within a
   * second, so that the end, `at`, lies between two readings.
   */
  async readLast(recording: Recording, at: number): Promise<void> {
    const { clock } = this.#host
    const until = clock() + LAST_READS
    const read = async (loop: MeterLoop): Promise<void> => {
      const domains = (this.#indices.get(loop.handle as MeterHandle) ?? []).flatMap(
        (index) => recording.domains[index] ?? [],
      )
      // What reports late with buckets longer than a second owes them anyway.
      const due = domains.filter(
        ({ isLate, domain, interval }) => !isLate || (domain.updatePeriod ?? interval) <= 1,
      )
      const late = () => due.filter(({ curve }) => (curve.knownUntil ?? -1) < at)
      let soon = late()
      while (soon.length > 0) {
        const before = clock()
        if (before >= until || (await loop.read(LAST_READ)) || loop.failures > LAST_TRIES) return
        // What changes seldom, and what has never told anything, is not waited for.
        soon = late().filter(({ isLate, domain, curve, interval }) => {
          return !isLate && curve.knownUntil !== undefined && (domain.updatePeriod ?? interval) <= 1
        })
        if (soon.length > 0) await seconds(Math.max(0.02, 0.05 - (clock() - before)))
      }
    }
    await Promise.race([Promise.all(this.#loops.map(read)), seconds(LAST_READS)])
  }

  /** Gives the instruments back. */
  async close(): Promise<void> {
    for (const loop of this.#loops) loop.stop()
    await Promise.all(this.#loops.map((loop) => loop.handle?.close(0.5)))
  }
}

/** Pages of a cloud come newest first; the physics wants points in order. Of intervals the one that was recorded last counts. */
function inOrder(readings: readonly Reading[], domains: readonly Domain[]): Reading[] {
  const isInterval = ({ domain }: Reading) => domains[domain]?.reads.quantity === 'interval-energy'
  const points = readings.filter((one) => !isInterval(one)).sort((a, b) => a.time - b.time)
  return [...points, ...readings.filter(isInterval)]
}

/** Resolves after so many seconds. */
function seconds(duration: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, duration * 1000))
}
