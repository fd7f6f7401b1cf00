import type { Report } from '@ergometer/core'
import { describe, expect, it } from 'vitest'
import { markdownReport } from '../src/markdown-report.ts'
import { richReport } from './sample-reports.ts'

type Boundary = Report['energy']['boundary']

const [gpu, cpu] = richReport.energy.domains as [Report['energy']['domains'][number], never]

/** What a report with domains of these kinds says of its boundary. */
function boundaryOf(kinds: readonly string[], boundary: Partial<Boundary> = {}): string | undefined {
  const domains = kinds.map((kind) => ({ ...gpu, id: `meter:${kind}`, kind }))
  const energy = {
    ...richReport.energy,
    domains: [...domains, { ...(cpu as typeof gpu), kind: 'other', counted: false }],
    boundary: { level: 'components', missing: [], ...boundary } as Boundary,
  }
  return /- Boundary: ([^\n]*)/.exec(markdownReport({ ...richReport, energy }))?.[1]
}

const noMeter = (kind: string, label = kind) => ({ kind, label, why: 'no meter' })

describe('the boundary', () => {
  it('names what it holds, in the order of a data sheet, and what no sensor of a part sees', () => {
    expect(boundaryOf(['gpu', 'cpu', 'memory'])).toBe(
      'cpu + memory + gpu, without power supply, fans, disks · component sensors',
    )
    expect(boundaryOf(['module'], { level: 'module' })).toBe(
      'module, without power supply, fans, disks · whole module',
    )
    expect(boundaryOf(['cpu'], { level: 'model' })).toBe(
      'cpu, without power supply, fans, disks · power model',
    )
  })

  it('of a whole host lacks nothing, and of metered disks no disks', () => {
    expect(boundaryOf(['host'], { level: 'host' })).toBe('host · whole host')
    expect(boundaryOf(['cpu', 'storage'])).toBe(
      'cpu + storage, without power supply, fans · component sensors',
    )
  })

  it('puts before that what is known to be there, with the reason where it is one', () => {
    expect(boundaryOf(['cpu'], { missing: [noMeter('memory'), noMeter('gpu')] })).toBe(
      'cpu, without memory, gpu (no meter), power supply, fans, disks · component sensors',
    )
    expect(boundaryOf(['cpu'], { missing: [noMeter('storage')] })).toBe(
      'cpu, without storage (no meter), power supply, fans · component sensors',
    )
    expect(boundaryOf(['cpu'], { missing: [noMeter('gpu', 'NVIDIA A100')] })).toBe(
      'cpu, without gpu, power supply, fans, disks · component sensors\\',
    )
  })

  it('does not hold what was never read', () => {
    const vm = { ...gpu, kind: 'host', coverage: 0 }
    const boundary = { level: 'host', missing: [{ kind: 'host', label: 'VM', why: 'never read' }] }
    const energy = { ...richReport.energy, domains: [vm], boundary } as Report['energy']
    expect(markdownReport({ ...richReport, energy })).toContain('- Boundary: nothing metered · whole host')
  })

  it('of nothing is nothing', () => {
    expect(boundaryOf([], { missing: [noMeter('cpu')] })).toBe('nothing metered · component sensors\\')
  })
})
