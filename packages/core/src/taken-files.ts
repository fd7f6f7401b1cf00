/** Bytes that were taken of each event file. */
export type Taken = Readonly<Record<string, number>>

/**
 * How much of the event files is in the journal, at whole seconds: a run whose recorder died could not tell otherwise
 * which of the lines without a time are in it already.
 */
export class TakenFiles {
  readonly #waiting: { readonly second: number; readonly files: Taken }[] = []
  #second = -1
  #told = '{}'

  /** Notes what was taken by a second of the run. */
  mark(second: number, files: () => Taken): void {
    if (second > this.#second) this.#waiting.push({ second, files: files() })
    this.#second = second
  }

  /** What is to be told, as JSON, now that the journal reaches to `settled` seconds; undefined: nothing new. */
  settle(settled: number): string | undefined {
    let taken: Taken | undefined
    while ((this.#waiting[0]?.second ?? Number.POSITIVE_INFINITY) <= settled) {
      taken = this.#waiting.shift()?.files
    }
    const text = taken && JSON.stringify(taken)
    if (text === undefined || text === this.#told) return undefined
    this.#told = text
    return text
  }
}
