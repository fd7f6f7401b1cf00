import fc from 'fast-check'
import { type Journal, readJournal } from '../src/journal.ts'
import type { JournalLine } from '../src/journal-line.ts'
import { KnownEnergy } from '../src/known-energy.ts'
import { Recording } from '../src/recording.ts'
import { START } from './simulated-run.ts'
import { domainOf } from './true-curve.ts'

/** What a cloud says of an interval, in whole seconds of the run. */
export interface Statement {
  readonly from: number
  readonly to: number
  readonly joules: number
}

/** A domain of buckets that come late. */
export const CLOUD = domainOf({
  id: 'vm',
  reads: { quantity: 'interval-energy' },
  lateBy: 240,
  updatePeriod: 60,
})

/**
 * Statements in any order, before a run's begin and beyond its end too, repeated, revised, longer and shorter. No two sums of them
 * are the same by chance: each is a multiple of another root.
 */
export const statements = (end: number, most = 12): fc.Arbitrary<Statement[]> =>
  fc
    .array(
      fc.record({
        from: fc.integer({ min: -15, max: end + 5 }),
        length: fc.integer({ min: 1, max: 20 }),
        amount: fc.integer({ min: 0, max: 400 }),
        again: fc.boolean(),
      }),
      { maxLength: most },
    )
    .map((parts) =>
      parts.flatMap(({ from, length, amount, again }, index) => {
        const joules = amount * Math.sqrt(2 + index) + (amount === 0 ? 0 : Math.cbrt(3 + index))
        const statement = { from, to: from + length, joules }
        return again ? [statement, statement] : [statement]
      }),
    )

/** Brute force: what is true of each second of a run, the last statement of it counting. */
export class SecondBySecond {
  readonly #watts: (number | undefined)[]

  constructor(end: number) {
    this.#watts = Array.from({ length: end }, () => undefined)
  }

  say({ from, to, joules }: Statement): void {
    for (let second = Math.max(0, from); second < Math.min(to, this.#watts.length); second++) {
      this.#watts[second] = joules / (to - from)
    }
  }

  joules(from: number, to: number): number {
    return this.#watts.slice(from, to).reduce<number>((sum, watts) => sum + (watts ?? 0), 0)
  }

  seconds(from: number, to: number): number {
    return this.#watts.slice(from, to).filter((watts) => watts !== undefined).length
  }
}

/** A recording of a run with one such domain, whose journal can be read at the end. */
export class LateRun {
  readonly lines: JournalLine[] = [START]
  readonly recording = new Recording((line) => this.lines.push(line))

  constructor(domain = CLOUD, interval = 60) {
    this.recording.addDomain('cloud', domain, interval)
  }

  /** Reads statements at a second of the run. */
  read(said: readonly Statement[], now: number): void {
    for (const { from, to, joules } of said) this.recording.addReading(0, now, joules, to, from)
  }

  close(end: number): Journal {
    this.recording.close(end, { status: 'completed' })
    return this.journal
  }

  get journal(): Journal {
    return journalOf(this.lines)
  }
}

/** A journal of lines, as it is read from a file. */
export function journalOf(lines: readonly JournalLine[]): Journal {
  return readJournal(lines.map((line) => JSON.stringify(line)))
}

/** What a journal knows of its first domain. */
export function knownOf(journal: Journal): KnownEnergy {
  const [one] = journal.domains
  if (!one) throw new Error('no domain')
  return new KnownEnergy(journal.times, one.rows, one.late, journal.until)
}
