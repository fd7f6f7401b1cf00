import type { Interval } from './interval.ts'

/** Energy of a bucket: joules between two times in seconds since 1970. */
export interface BucketEnergy extends Interval {
  readonly joules: number
}

/** What was handed over of one series: what is new of a reply, and which time is worth asking for again. */
export class ToldBuckets {
  readonly #lateBy: number
  readonly #told = new Map<number, BucketEnergy>()

  /** `lateBy`: seconds for which a bucket may still change after its end. */
  constructor(lateBy: number) {
    this.#lateBy = lateBy
  }

  /** Those of a reply that were not told yet or say something else by now, in order; of two of one begin the last counts. */
  news(reply: readonly BucketEnergy[]): BucketEnergy[] {
    const last = new Map(reply.map((bucket) => [bucket.from, bucket]))
    const news = [...last.values()]
      .filter((bucket) => !isSame(bucket, this.#told.get(bucket.from)))
      .sort((a, b) => a.from - b.from)
    for (const bucket of news) this.#told.set(bucket.from, bucket)
    return news
  }

  /** Begin of what, from `earliest` on, is missing or may still change at `now`; what is older is forgotten. */
  openSince(earliest: number, now: number): number {
    let known = earliest
    for (const bucket of [...this.#told.values()].sort((a, b) => a.from - b.from)) {
      if (bucket.to <= earliest) this.#told.delete(bucket.from)
      else if (bucket.from > known) return known
      else if (now - bucket.to < this.#lateBy) return Math.max(earliest, bucket.from)
      else known = Math.max(known, bucket.to)
    }
    return known
  }
}

function isSame(bucket: BucketEnergy, told: BucketEnergy | undefined): boolean {
  return told !== undefined && told.to === bucket.to && told.joules === bucket.joules
}
