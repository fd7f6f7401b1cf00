import type { ProcessUtilisation } from '@ergometer/node-nvml'

/** Microseconds within which samples are of one period of the driver. */
const ONE_PERIOD = 10_000n
/** Microseconds of a period whose begin is not known. */
const A_PERIOD = 166_667

/** Consumer of what no process took. */
export const IDLE = 'idle'

/**
 * Shares of a GPU's energy by consumer, `pid:<number>` and `idle`, which add up to 1: in each period of the driver a
 * process has its part of the time that all of them took on the streaming multiprocessors; a period without any is idle.
 * `since`: end of the last period that was told, in microseconds; 0: unknown.
 */
export function processShares(samples: readonly ProcessUtilisation[], since: bigint): Map<string, number> {
  const microseconds = new Map<string, number>()
  let from = since
  let whole = 0
  for (const period of periodsOf(samples)) {
    const to = period.at(-1)?.timeMicroseconds ?? from
    const length = from === 0n || to <= from ? A_PERIOD : Number(to - from)
    from = to
    whole += length
    const sum = period.reduce((total, { smPercent }) => total + smPercent, 0)
    for (const { pid, smPercent } of period) {
      if (smPercent === 0) continue
      const consumer = `pid:${pid}`
      microseconds.set(consumer, (microseconds.get(consumer) ?? 0) + (length * smPercent) / sum)
    }
  }
  const shares = new Map([...microseconds].map(([consumer, own]) => [consumer, own / whole]))
  const busy = [...shares.values()].reduce((total, share) => total + share, 0)
  return shares.set(IDLE, Math.max(0, 1 - busy))
}

function periodsOf(samples: readonly ProcessUtilisation[]): ProcessUtilisation[][] {
  const sorted = [...samples].sort((a, b) => Number(a.timeMicroseconds - b.timeMicroseconds))
  const periods: ProcessUtilisation[][] = []
  for (const sample of sorted) {
    const period = periods.at(-1)
    const begin = period?.[0]?.timeMicroseconds
    if (period && begin !== undefined && sample.timeMicroseconds - begin < ONE_PERIOD) period.push(sample)
    else periods.push([sample])
  }
  return periods
}

/** The end of the last period among samples, or `since`. */
export function lastTime(samples: readonly ProcessUtilisation[], since: bigint): bigint {
  let last = since
  for (const { timeMicroseconds: time } of samples) if (time > last) last = time
  return last
}
