/** A count, and when it was true in monotonic seconds. */
export interface CountAt {
  readonly time: number
  readonly count: number
}

/**
 * The changes of a counter. A server always draws power, so a counter that stands still is not one that has counted
 * nothing: it says nothing until it moves, and one that never moves has no reading at all.
 */
export class CounterChanges {
  #last: CountAt | undefined
  #moves = false

  /** What is to be recorded now: nothing, the change, or with the first change also where it began. */
  take(now: CountAt): readonly CountAt[] {
    const last = this.#last
    if (last?.count === now.count) return []
    this.#last = now
    if (last === undefined) return []
    const changes = this.#moves ? [now] : [last, now]
    this.#moves = true
    return changes
  }
}
