/** Whose a part of a domain's energy is, as far as one run is concerned. */
export type Owner = 'own' | 'others' | 'idle'

/** A part of a domain's energy, 0 to 1. */
export interface OwnedPart {
  readonly owner: Owner
  readonly fraction: number
}

/** Parts of a domain's energy over a stretch of the run; they add up to 1. */
export interface ShareStretch {
  readonly from: number
  readonly to: number
  readonly own: number
  readonly others: number
  readonly idle: number
}

/** Seconds of a stretch: this share of the run so far, at least and at most. */
const GROWTH = 0.05
const LEAST = 1
const MOST = 30
/** What was told last holds until the end if that is no further away, in seconds. */
const HOLD = 5

/** The shares of one domain as they are told, gathered into stretches that a journal can hold. Pure. */
export class ShareAccount {
  #from = 0
  #to = 0
  #sums = { own: 0, others: 0, idle: 0 }
  #last: Record<Owner, number> | undefined

  /** Takes the fractions that hold since they were told last, up to `time`; a finished stretch, if there is one. */
  add(time: number, fractions: readonly OwnedPart[]): ShareStretch | undefined {
    if (!(time > this.#to)) return undefined
    const parts = { own: 0, others: 0, idle: 0 }
    for (const { owner, fraction } of fractions) parts[owner] += fraction
    // What nobody is said to have taken was idle; what adds up to more is scaled down.
    const told = parts.own + parts.others + parts.idle
    if (told > 1) for (const owner of OWNERS) parts[owner] /= told
    else parts.idle += 1 - told
    this.#last = parts
    this.#gather(time, parts)
    const length = this.#to - this.#from
    return length >= Math.min(MOST, Math.max(LEAST, time * GROWTH)) ? this.#take() : undefined
  }

  /** The last stretch, up to the end of the run. */
  close(time: number): ShareStretch | undefined {
    if (this.#last && time > this.#to && time - this.#to <= HOLD) this.#gather(time, this.#last)
    return this.#to > this.#from ? this.#take() : undefined
  }

  #gather(time: number, parts: Record<Owner, number>): void {
    for (const owner of OWNERS) this.#sums[owner] += parts[owner] * (time - this.#to)
    this.#to = time
  }

  #take(): ShareStretch {
    const { own, others, idle } = this.#sums
    const length = this.#to - this.#from
    const stretch = {
      from: this.#from,
      to: this.#to,
      own: own / length,
      others: others / length,
      idle: idle / length,
    }
    this.#from = this.#to
    this.#sums = { own: 0, others: 0, idle: 0 }
    return stretch
  }
}

const OWNERS = ['own', 'others', 'idle'] as const
