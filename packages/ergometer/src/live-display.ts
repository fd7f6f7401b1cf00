import { terminal } from './terminal.ts'

/** Seconds between two lines where a line cannot be drawn over. */
const SELDOM = 10

/** One line with the totals, drawn over and over; where that cannot be, a line now and then. */
export class LiveDisplay {
  readonly #inPlace: boolean
  #drawn = false
  #due = 0

  private constructor(inPlace: boolean) {
    this.#inPlace = inPlace
  }

  /** A display, if it is asked for or disturbs nobody: the command's output is not this terminal. */
  static wanted(asked: boolean): LiveDisplay | undefined {
    const terminalHere = process.stderr.isTTY === true
    return asked || (terminalHere && process.stdout.isTTY !== true)
      ? new LiveDisplay(terminalHere)
      : undefined
  }

  /** Draws what `line` makes for so many columns. */
  draw(line: (columns: number, color: boolean) => string): void {
    const { columns, color } = terminal.options()
    if (this.#inPlace) {
      terminal.write(`\r\u001b[2K${line(columns, color)}`)
      this.#drawn = true
      return
    }
    if (this.#due-- > 0) return
    this.#due = SELDOM - 1
    terminal.write(`${line(columns, color)}\n`)
  }

  /** Removes the line. */
  clear(): void {
    if (this.#drawn) terminal.write('\r\u001b[2K')
    this.#drawn = false
  }
}
