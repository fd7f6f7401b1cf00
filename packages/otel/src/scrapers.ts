/** A scrape that is due is waited for one and a half of the usual pause, and in seconds at least and at most: */
const SHORTEST_WAIT = 5
const LONGEST_WAIT = 90
/** So many seconds, where no Prometheus has come yet: it comes every 15 s as it is usually set up. */
const USUAL_WAIT = 20

/** A connection of a scraper; any object that is the same for the same one. */
type Connection = object

/** Times of its last two scrapes in monotonic seconds, the newest last. */
type Times = readonly number[]

/**
 * Who scrapes a page, and how often: at the end each of them is to get the last one. A Prometheus keeps its connection open, so that
 * two on one host are told apart; where connections are closed, those of one address are taken for one.
 */
export class Scrapers {
  readonly #scrapers = new Map<Connection | string, Times>()
  /** All that ask without being a scraper: people, and programs that do not say what they are. */
  #others: Times = []

  /** A Prometheus, or what poses as one, has asked over this connection at that time, and has been answered. */
  scraped(by: Connection, at: number): void {
    this.#scrapers.set(by, lastTwo([...(this.#scrapers.get(by) ?? []), at]))
  }

  /** Somebody else has asked, and has been answered. */
  looked(at: number): void {
    this.#others = lastTwo([...this.#others, at])
  }

  /** A connection from this address is closed. */
  closed(connection: Connection, address: string): void {
    const times = this.#scrapers.get(connection)
    if (!times) return
    this.#scrapers.delete(connection)
    this.#scrapers.set(address, lastTwo([...(this.#scrapers.get(address) ?? []), ...times]))
  }

  /** Seconds from `now` on in which what has been true since `since` may still be asked for; 0 once everybody has it. */
  due(since: number, now: number): number {
    const living = [...this.#scrapers.values()].filter((times) => lives(times, since))
    const expected = living.length > 0 ? living : lives(this.#others, since) ? [this.#others] : [[]]
    const until = expected.map((times) => (newest(times) >= since ? since : since + patience(times, living)))
    return Math.max(0, Math.max(...until) - now)
  }
}

function lastTwo(times: Times): Times {
  return [...times].sort((a, b) => a - b).slice(-2)
}

function newest(times: Times): number {
  return times.at(-1) ?? Number.NEGATIVE_INFINITY
}

/** Seconds between its last two scrapes, if there were two. */
function pause([first, second]: Times): number | undefined {
  return first === undefined || second === undefined ? undefined : second - first
}

/** Whether it can be expected to come again: it has not been away for much longer than usual. */
function lives(times: Times, since: number): boolean {
  return since - newest(times) <= Math.max(LONGEST_WAIT, 2 * (pause(times) ?? 0))
}

/** Seconds that it is waited for: a scraper that has come only once may come but every minute. */
function patience(times: Times, scrapers: readonly Times[]): number {
  const usual = pause(times)
  if (usual !== undefined) return Math.min(LONGEST_WAIT, Math.max(SHORTEST_WAIT, 1.5 * usual))
  return scrapers.includes(times) ? LONGEST_WAIT : USUAL_WAIT
}
