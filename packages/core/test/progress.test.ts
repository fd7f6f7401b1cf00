import { describe, expect, test } from 'vitest'
import { parseEventLine } from '../src/event-line.ts'
import { progressOf } from '../src/progress.ts'
import { steadyRun, work } from './steady-run.ts'

const epochs = (process: string, ...ends: number[]) =>
  ends.map((to, index) => ({
    name: 'epoch',
    from: index === 0 ? 0 : (ends[index - 1] as number),
    to,
    process,
  }))

describe('how far a run has come', () => {
  test('is how many phases of a name had ended, up to a time', () => {
    const { journal } = steadyRun({
      watts: 100,
      end: 20,
      phases: [...epochs('one', 4, 8, 12), { name: 'load', from: 0, to: 3 }],
    })
    const all = [
      { done: 1, seconds: 4 },
      { done: 2, seconds: 8 },
      { done: 3, seconds: 12 },
    ]
    expect(progressOf(journal, { phase: 'epoch', total: 9 }, 20)).toEqual(all)
    expect(progressOf(journal, { phase: 'epoch', total: 9 }, 11)).toEqual(all.slice(0, 2))
    expect(progressOf(journal, { phase: 'none', total: 9 }, 20)).toEqual([])
  })

  test('is counted once where several ranks do the same epochs', () => {
    const { journal } = steadyRun({
      watts: 100,
      end: 20,
      phases: [...epochs('one', 4, 8), ...epochs('two', 4.1, 8.1, 12.1)],
    })
    expect(progressOf(journal, { phase: 'epoch', total: 9 }, 20).map(({ done }) => done)).toEqual([1, 2, 3])
  })

  test('counts phases that were folded, being many a second', () => {
    const ends = Array.from({ length: 100 }, (_, index) => (index + 1) / 10)
    const { journal } = steadyRun({ watts: 100, end: 12, phases: epochs('one', ...ends) })
    const progress = progressOf(journal, { phase: 'epoch', total: 1000 }, 12)
    expect(progress.at(-1)?.done).toBe(100)
    expect(progress.length).toBeLessThan(40)
  })

  test('is how much work was done, at times that lie evenly apart', () => {
    const events = Array.from({ length: 24 }, (_, index) => work(index + 0.5, { samples: 10 }))
    const { journal } = steadyRun({ watts: 100, end: 24, events })
    const progress = progressOf(journal, { work: 'samples', total: 1000 }, 24)
    expect(progress).toHaveLength(12)
    expect(progress[0]).toEqual({ done: 20, seconds: 2 })
    expect(progress.at(-1)).toEqual({ done: 240, seconds: 24 })
    expect(progressOf(journal, { work: 'tokens', total: 1000 }, 24)).toEqual([])
  })

  test('is the time at which work was done, where that is told in lumps', () => {
    const events = [9, 18, 27, 36, 45, 54, 63].map((time) => work(time, { samples: 500 }))
    const { journal } = steadyRun({ watts: 100, end: 70, events })
    const lumps = [1, 2, 3, 4, 5, 6, 7].map((lump) => ({ done: 500 * lump, seconds: 9 * lump }))
    expect(progressOf(journal, { work: 'samples', total: 10_000 }, 70)).toEqual(lumps)
    expect(progressOf(journal, { work: 'samples', total: 10_000 }, 30)).toEqual(lumps.slice(0, 3))
  })
})

describe('an event line that says how far a run is to go', () => {
  const parsed = (plan: unknown) => parseEventLine(JSON.stringify({ v: 1, plan }))?.event

  test('names a phase or a unit of work, and a total', () => {
    expect(parsed({ phase: 'epoch', total: 30 })).toEqual({
      kind: 'plan',
      plan: { phase: 'epoch', total: 30 },
    })
    expect(parsed({ work: 'samples', total: 1e6 })).toEqual({
      kind: 'plan',
      plan: { work: 'samples', total: 1e6 },
    })
  })

  test.each([
    [{ phase: 'epoch' }],
    [{ phase: 'epoch', total: 0 }],
    [{ phase: 'epoch', total: '3' }],
    [{ phase: '', total: 3 }],
    [{ work: 'a b', total: 3 }],
    [{ work: 'samples', phase: 'epoch', total: 3 }],
    [3],
  ])('is left out as %j', (plan) => {
    expect(parsed(plan)).toBeUndefined()
  })
})
