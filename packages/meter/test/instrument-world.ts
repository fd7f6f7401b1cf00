import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { World } from '../src/conformance.ts'
import { JOULES_PER_COUNT, MODULUS } from './fixtures/instrument.mjs'

const DOMAINS = ['whole', 'part']
/** Watts of each domain, about which its power sways slowly. */
const WATTS = [50, 20]
/** Seconds by which the instrument's history is behind. */
const LATE = 30
/** Joules below its modulus at which a counter is put to wrap soon. */
const NEAR = 10

/** The made-up instrument of `fixtures/instrument.mjs`, whose truth is known. */
export class InstrumentWorld implements World {
  readonly context = { sysRoot: mkdtempSync(join(tmpdir(), 'instrument-')) }
  seconds = 1000
  readonly #joules = [0, 0]
  readonly #counted = [5000, 7000]
  readonly #history: { at: number; watts: number[] }[] = []
  #trouble: 'failed' | 'garbled' | 'busy' | undefined

  constructor() {
    this.#write()
  }

  now(): Date {
    return new Date(1.8e12 + this.seconds * 1000)
  }

  #watts(): number[] {
    return WATTS.map((watts) => watts * (1 + 0.1 * Math.sin(this.seconds / 20)))
  }

  advance(seconds: number): void {
    const steps = Math.max(1, Math.ceil(seconds / 0.1))
    for (let step = 0; step < steps; step++) {
      const watts = this.#watts()
      watts.forEach((power, index) => {
        const joules = (power * seconds) / steps
        this.#joules[index] = (this.#joules[index] as number) + joules
        this.#counted[index] = (this.#counted[index] as number) + joules
      })
      this.seconds += seconds / steps
      if (step === steps - 1) this.#history.push({ at: this.now().getTime(), watts: this.#watts() })
    }
    this.#write()
  }

  joules(id: string): number | undefined {
    return this.#joules[DOMAINS.indexOf(id)]
  }

  wrap(id: string): void {
    this.#counted[DOMAINS.indexOf(id)] = MODULUS * JOULES_PER_COUNT - NEAR
    this.#write()
  }

  reset(id: string): void {
    this.#counted[DOMAINS.indexOf(id)] = 0
    this.#write()
  }

  fail(): void {
    this.#turn('failed')
  }

  garble(): void {
    this.#turn('garbled')
  }

  hang(): void {
    this.#turn('busy')
  }

  heal(): void {
    this.#turn(undefined)
  }

  #turn(trouble: 'failed' | 'garbled' | 'busy' | undefined): void {
    this.#trouble = trouble
    this.#write()
  }

  #write(): void {
    const file = join(this.context.sysRoot, 'instrument')
    if (this.#trouble === 'failed') {
      rmSync(file, { force: true })
      return
    }
    const garbled = this.#trouble === 'garbled'
    const watts = this.#watts()
    const domains = DOMAINS.map((_, index) => ({
      watts: garbled ? '--' : watts[index],
      joules: garbled ? '--' : this.#joules[index],
      counts: garbled ? '--' : Math.floor((this.#counted[index] as number) / JOULES_PER_COUNT) % MODULUS,
    }))
    const until = this.now().getTime() - LATE * 1000
    const history = this.#history.filter(({ at }) => at <= until)
    const shown = garbled ? history.map(({ at }) => ({ at, watts: ['--', '--'] })) : history
    writeFileSync(file, JSON.stringify({ busy: this.#trouble === 'busy', domains, history: shown }))
  }

  close(): void {
    rmSync(this.context.sysRoot, { recursive: true, force: true })
  }
}
