import type { Better } from './event-line.ts'

/** A score that is not in the journal yet. */
export interface WaitingScore {
  /** Seconds of the run. */
  readonly time: number
  readonly value: number
  readonly better?: Better
}

/** Scores until their second is written. */
export class ScoreLedger {
  /** The last score of each name. */
  readonly latest = new Map<string, WaitingScore>()
  readonly #waiting = new Map<string, WaitingScore[]>()

  /** Takes a score of a name. */
  add(name: string, score: WaitingScore): void {
    if (score.time >= (this.latest.get(name)?.time ?? 0)) this.latest.set(name, score)
    const waiting = this.#waiting.get(name) ?? []
    waiting.push(score)
    this.#waiting.set(name, waiting)
  }

  /** Times of the scores that wait. */
  get times(): number[] {
    return [...this.#waiting.values()].flat().map(({ time }) => time)
  }

  /** Takes out what came up to a time: of the scores of one name the first, the last and the extremes. */
  *settle(until: number): Generator<{ readonly name: string; readonly score: WaitingScore }> {
    for (const [name, scores] of this.#waiting) {
      const due = scores.filter(({ time }) => time <= until)
      this.#waiting.set(
        name,
        scores.filter(({ time }) => time > until),
      )
      for (const score of telling(due)) yield { name, score }
    }
  }
}

function telling(scores: readonly WaitingScore[]): WaitingScore[] {
  let [low, high] = [0, 0]
  scores.forEach(({ value }, index) => {
    if (value < (scores[low]?.value ?? value)) low = index
    if (value > (scores[high]?.value ?? value)) high = index
  })
  const told = new Set([0, scores.length - 1, low, high])
  return scores.filter((_, index) => told.has(index))
}
