/** Where a line stands: its event file's name, and the bytes up to its end. */
interface TakenLine {
  readonly file: string
  readonly bytes: number
}

/**
 * How much of the event files is in the journal: a run whose recorder died could not tell otherwise which of the lines
 * without a time are in it already.
 */
export class TakenFiles {
  /** What is not in the journal yet: the last line of each file and time. */
  readonly #waiting = new Map<string, TakenLine & { readonly at: number }>()
  readonly #taken: Record<string, number> = {}

  /** Notes a line without a time of its own, and the second of the run that it was taken for; those of a file come in order. */
  add(at: number, { file, bytes }: TakenLine): void {
    this.#waiting.set(`${at} ${file}`, { at, file, bytes })
  }

  /** What is to be told, as JSON, now that the journal reaches to `settled` seconds; undefined: nothing new. */
  settle(settled: number): string | undefined {
    let news = false
    for (const [key, { at, file, bytes }] of this.#waiting) {
      if (at > settled) continue
      this.#waiting.delete(key)
      this.#taken[file] = bytes
      news = true
    }
    return news ? JSON.stringify(this.#taken) : undefined
  }
}
