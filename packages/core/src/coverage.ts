import type { Stretch } from './stretches.ts'

/**
 * What is missing of a sum, from what is missing of its parts: at each instant as much as of the part that
 * lacks most, since a sum is known only where all its parts are. Each list disjoint and in order; so is the result.
 */
export function sumCoverage(parts: readonly (readonly Stretch[])[]): Stretch[] {
  const lists = parts.filter((list) => list.length > 0)
  if (lists.length <= 1) return [...(lists[0] ?? [])]
  const times = [...new Set(lists.flat().flatMap(({ from, to }) => [from, to]))].sort((a, b) => a - b)
  const positions = lists.map(() => 0)
  const missing: Stretch[] = []
  for (let index = 0; index + 1 < times.length; index++) {
    const from = times[index] as number
    const to = times[index + 1] as number
    let most = 0
    lists.forEach((list, number) => {
      let position = positions[number] as number
      while (position < list.length && (list[position] as Stretch).to <= from) position++
      positions[number] = position
      const stretch = list[position]
      if (!stretch || stretch.from > from) return
      most = Math.max(most, stretch.amount / (stretch.to - stretch.from))
    })
    if (most > 0) missing.push({ from, to, amount: (to - from) * most })
  }
  return missing
}

/** A share from 0 to 1; a rounding error beyond it is none. */
export function clampShare(share: number): number {
  if (share > 1 - 1e-9) return 1
  return share < 1e-9 ? 0 : share
}
