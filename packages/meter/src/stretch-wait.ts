import { after } from './fine-timer.ts'
import { monotonicSeconds } from './meter-context.ts'
import type { Stretch } from './meter-handle.ts'
import { secondsToGrid } from './read-grid.ts'

/** Waits from instant to instant of a stretch of reads. */
export class StretchWait {
  readonly #stretch: Stretch
  #short = false
  #wake: () => void = () => {}

  constructor(stretch: Stretch) {
    this.#stretch = stretch
  }

  /** Waits for the next instant; true if it is the last. */
  async next(): Promise<boolean> {
    const { every, until, jitter } = this.#stretch
    const now = monotonicSeconds()
    const wait = secondsToGrid(now, every, jitter, Math.random())
    if (!this.#short) {
      await new Promise<void>((resolve) => {
        const cancel = after(wait, resolve)
        this.#wake = () => {
          cancel()
          resolve()
        }
      })
    }
    return this.#short || now + wait + every / 2 > until
  }

  /** The next instant is now, and the last. */
  cutShort(): void {
    this.#short = true
    this.#wake()
  }
}
