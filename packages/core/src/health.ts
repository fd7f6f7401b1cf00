/** Something that a reader of the figures should know. */
export interface HealthEntry {
  severity: 'info' | 'warning' | 'error'
  /** Stable and kebab-case. */
  code: string
  /** One line for a person. */
  message: string
  meter?: string
  domain?: string
  /** Seconds of the run. */
  from?: number
  to?: number
  /** How often, when more than once. */
  count?: number
}

/** So many different entries are kept; what comes beyond is counted in one. */
const KEPT = 200
const LONGEST_MESSAGE = 500

/** Collects entries: each code is said once for each meter and domain, and then only counted. */
export class HealthLog {
  readonly #entries = new Map<string, HealthEntry>()
  readonly #said: (entry: HealthEntry) => void

  /** `said` is called with each entry the first time. */
  constructor(said: (entry: HealthEntry) => void = () => {}) {
    this.#said = said
  }

  /** All entries, in the order in which they were first said. */
  get entries(): HealthEntry[] {
    return [...this.#entries.values()]
  }

  /** Says or counts an entry. */
  add(entry: HealthEntry): void {
    const key = JSON.stringify([entry.code, entry.meter, entry.domain])
    const known = this.#entries.get(key)
    if (known) {
      known.count = (known.count ?? 1) + (entry.count ?? 1)
      if (entry.to !== undefined) known.to = entry.to
      return
    }
    if (this.#entries.size >= KEPT && entry.code !== 'health-overflow') {
      this.add({
        severity: 'warning',
        code: 'health-overflow',
        message: `more than ${KEPT} kinds of trouble`,
      })
      return
    }
    const kept = { ...entry, message: entry.message.slice(0, LONGEST_MESSAGE) }
    this.#entries.set(key, kept)
    this.#said(kept)
  }
}
