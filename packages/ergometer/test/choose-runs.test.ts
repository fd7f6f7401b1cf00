import type { Report } from '@ergometer/core'
import { describe, expect, it } from 'vitest'
import { chooseRuns } from '../src/choose-runs.ts'

const report = (name: string, parts: { status?: string; tags?: object; joules?: number; seconds?: number }) =>
  ({
    run: {
      name,
      status: parts.status ?? 'completed',
      tags: parts.tags ?? {},
      seconds: parts.seconds ?? 1,
      startedAt: '2026-01-01T00:00:00Z',
    },
    energy: parts.joules === undefined ? {} : { joules: parts.joules },
    carbon: {},
  }) as unknown as Report

const RUNS = [
  report('mnist-a', { tags: { lr: '0.1' }, joules: 30, seconds: 3 }),
  report('mnist-b', { tags: { lr: '0.2', note: 'a=b' }, joules: 10, seconds: 5 }),
  report('llm', { status: 'failed', tags: { lr: '0.1' } }),
]
const names = (choice: Parameters<typeof chooseRuns>[1]) =>
  chooseRuns([...RUNS], choice).map(({ run }) => run.name)

describe('the runs to list', () => {
  it('are all of them, unless something is asked for', () => {
    expect(names({})).toEqual(['mnist-a', 'mnist-b', 'llm'])
  })

  it('have all the tags, the status and the name that are asked for', () => {
    expect(names({ tag: ['lr=0.1'] })).toEqual(['mnist-a', 'llm'])
    expect(names({ tag: ['lr', 'note=a=b'] })).toEqual(['mnist-b'])
    expect(names({ tag: ['lr=0.1'], status: 'failed' })).toEqual(['llm'])
    expect(names({ named: 'mnist' })).toEqual(['mnist-a', 'mnist-b'])
    expect(names({ tag: ['constructor'] })).toEqual([])
  })

  it('are sorted with the greatest last; what is unknown comes first', () => {
    expect(names({ sort: 'energy' })).toEqual(['llm', 'mnist-b', 'mnist-a'])
    expect(names({ sort: 'seconds' })).toEqual(['llm', 'mnist-a', 'mnist-b'])
    expect(names({ sort: 'seconds', limit: '1' })).toEqual(['mnist-b'])
  })

  it.each(['0', '-1', 'all', '1.5'])('refuses a limit of %s', (limit) => {
    expect(() => names({ limit })).toThrow(/--limit/)
  })
})
