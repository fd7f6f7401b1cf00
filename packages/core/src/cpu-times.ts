import type { CpuTime } from './cpu-account.ts'
import type { CpuTimeLine } from './journal-line.ts'

/** CPU time of the run and of its host between two seconds of the run, from what the journal noted at some instants. */
export function cpuTimeBetween(lines: readonly CpuTimeLine[], from: number, to: number): CpuTime | undefined {
  const last = lines.at(-1)
  if (!last || lines.length < 2) return undefined
  const { method } = last
  const begin = at(lines, from)
  const end = at(lines, to)
  return { own: Math.max(0, end.own - begin.own), busy: Math.max(0, end.busy - begin.busy), method }
}

function at(lines: readonly CpuTimeLine[], time: number): { own: number; busy: number } {
  const after = lines.findIndex((line) => line.t >= time)
  const next = lines[after]
  const before = lines[after - 1]
  if (!next) return lines.at(-1) ?? { own: 0, busy: 0 }
  if (!before || next.t <= before.t) return next
  const share = (time - before.t) / (next.t - before.t)
  return {
    own: before.own + (next.own - before.own) * share,
    busy: before.busy + (next.busy - before.busy) * share,
  }
}
