import { basename } from 'node:path'
import {
  analyse,
  ErgometerError,
  findRun,
  isHeld,
  type Journal,
  type JournalLine,
  lookAtRun,
  type OwedDomain,
  openRun,
  owedDomains,
  type Report,
  SettlingRun,
  settleJournal,
} from '@ergometer/core'
import { type Answer, type AskingWorld, askForRun, type FailedMeter } from './ask-run.ts'
import { recordedFactors } from './factors.ts'
import { type RecordedMeter, recordedMeters } from './recorded-meters.ts'

/** Seconds that a recorder whose run is over may take to store its report, and between two looks. */
const LAST_WORDS = 10
const LOOK_EVERY = 0.05
/** Shortest pause between two askings, and that where no meter's own interval is known, in seconds. */
const SHORTEST_PAUSE = 1
const USUAL_PAUSE = 60

/** What settling a run touches of the world. */
export interface SettleWorld extends AskingWorld {
  /** A line for the user. */
  say(message: string): void
  /** Where names of meters are looked up. */
  readonly directory: string
}

/** A run that was asked for what its late meters owe. */
export interface SettledRun {
  readonly report: Report
  /** How many stretches of energy were told or revised. */
  readonly changes: number
  readonly owed: readonly OwedDomain[]
  /** In the last asking. */
  readonly failed: readonly FailedMeter[]
}

/**
 * Asks the late meters of a run for what they owe, adds it to the journal, and stores the report anew. With `wait` again and again, as
 * often as those meters are read, until they have told all or are given up.
 * @throws ErgometerError `RUN_UNKNOWN`, `RUN_AMBIGUOUS`, `RUN_NOT_OVER`, `RUN_BEING_SETTLED`, `RUN_UNWRITABLE`
 */
export async function settleRun(
  home: string,
  run: string,
  { wait = false }: { readonly wait?: boolean | undefined },
  world: SettleWorld,
): Promise<SettledRun> {
  const folder = findRun(home, run)
  await recorderGone(folder, world)
  const settling = SettlingRun.take(folder)
  try {
    const { journal, running } = openRun(folder, recordedFactors)
    if (running) throw stillRecorded(folder)
    const meters = new AskedMeters(recordedMeters(journal, folder, world.directory), world)
    for (let changes = 0; ; ) {
      const answers = await meters.ask(journal)
      const lines = settleJournal(
        journal,
        answers.flatMap(({ told }) => told),
        answers.flatMap(({ said }) => said),
        new Date(world.now()),
      )
      if (lines.length > 0) settling.append(lines)
      changes += lines.filter(isLateLine).length
      const report = analyse(journal, recordedFactors(journal), { folder })
      if (journal.settled) settling.storeReport(report)
      const owed = owedDomains(journal)
      if (!wait || owed.length === 0) {
        return { report, changes, owed, failed: answers.flatMap(({ failed }) => failed ?? []) }
      }
      await world.sleep(pauseOf(journal, owed, world.now()))
    }
  } finally {
    settling.release()
  }
}

/** The meters of a run, which are asked at first all, and then those that owe, or could not be opened. */
class AskedMeters {
  readonly #meters: readonly RecordedMeter[]
  readonly #world: SettleWorld
  readonly #names = new Map<RecordedMeter, string | undefined>()
  readonly #said = new Set<string>()

  constructor(meters: readonly RecordedMeter[], world: SettleWorld) {
    this.#meters = meters
    this.#world = world
  }

  /** Asks them side by side: one that fails costs its own readings only, and is said once. */
  async ask(journal: Journal): Promise<Answer[]> {
    const owing = new Set(owedDomains(journal).map(({ meter }) => meter))
    const wanted = this.#meters.filter((meter) => {
      const name = this.#names.get(meter)
      return name === undefined || owing.has(name)
    })
    const answers = await Promise.all(wanted.map((meter) => askForRun(meter, journal, this.#world)))
    answers.forEach(({ name, failed }, index) => {
      this.#names.set(wanted[index] as RecordedMeter, name)
      if (!failed || this.#said.has(failed.message)) return
      this.#said.add(failed.message)
      this.#world.say(failed.message)
    })
    return answers
  }
}

/** A recorder that has ended its run may still be storing the report, which would then take the place of a newer one. */
async function recorderGone(folder: string, world: SettleWorld): Promise<void> {
  const deadline = world.clock() + LAST_WORDS
  while (isHeld(folder)) {
    if (world.clock() >= deadline || lookAtRun(folder).running) throw stillRecorded(folder)
    await world.sleep(LOOK_EVERY)
  }
}

function stillRecorded(folder: string): ErgometerError {
  const message = `run ${basename(folder)} is still being recorded: settle it when it is over`
  return new ErgometerError('RUN_NOT_OVER', message)
}

/** Seconds until it makes sense to ask again: as often as the meters are read, and in time for the last of them to be given up. */
function pauseOf(journal: Journal, owed: readonly OwedDomain[], now: number): number {
  const intervals = owed.map(({ index }) => journal.domains[index]?.line.interval ?? USUAL_PAUSE)
  const left = (Math.max(...owed.map(({ until }) => until)) - now) / 1000
  return Math.max(1e-3, Math.min(left, Math.max(SHORTEST_PAUSE, Math.min(...intervals))))
}

function isLateLine(line: JournalLine): boolean {
  return 'kind' in line && line.kind === 'late'
}
