import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { World } from '@ergometer/meter/conformance'

/**
 * A world in which time passes by hand and the true energy is known: what the meter reads is compared with it. Give it
 * the abilities that your instrument has; cases that need one that is missing are skipped, and say so.
 */
export class FileWorld implements World {
  readonly #folder = mkdtempSync(join(tmpdir(), 'my-meter-'))
  readonly #file = join(this.#folder, 'watts')
  readonly options = { file: this.#file }
  seconds = 1000
  #joules = 0
  #works = true

  constructor() {
    this.#show(String(this.#watts))
  }

  /** Slow against the interval, so that samples tell the whole story. */
  get #watts(): number {
    return 100 + 20 * Math.sin(this.seconds / 50)
  }

  advance(seconds: number): void {
    const steps = Math.ceil(seconds * 100)
    for (let step = 0; step < steps; step++) {
      const before = this.#watts
      this.seconds += seconds / steps
      this.#joules += ((before + this.#watts) / 2) * (seconds / steps)
    }
    if (this.#works) this.#show(String(this.#watts))
  }

  joules(): number {
    return this.#joules
  }

  fail(): void {
    this.#works = false
    rmSync(this.#file)
  }

  garble(): void {
    this.#works = false
    this.#show('n/a')
  }

  heal(): void {
    this.#works = true
    this.#show(String(this.#watts))
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }

  #show(text: string): void {
    writeFileSync(this.#file, `${text}\n`)
  }
}
