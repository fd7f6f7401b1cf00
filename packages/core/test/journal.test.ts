import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { analyse } from '../src/analyse.ts'
import { readJournal } from '../src/journal.ts'
import { parseReport } from '../src/report-schema.ts'
import { FACTORS, phaseEvents, record, type SimulatedRun, START } from './simulated-run.ts'
import { domainOf } from './true-curve.ts'

/** A run of ten seconds at 100 W with a phase, a score and work. */
const RUN: SimulatedRun = {
  domains: [
    {
      declaration: domainOf({ id: 'gpu' }),
      interval: 1,
      readings: Array.from({ length: 13 }, (_, time) => ({ time, comes: time, value: 100 })),
    },
  ],
  events: [
    ...phaseEvents('epoch', '1', 'a', { from: 2.5, to: 7.25 }),
    { time: 3, process: 'a', event: { kind: 'work', work: { samples: 64 } } },
    { time: 7.3, process: 'a', event: { kind: 'score', scores: { loss: { value: 0.5 } } } },
  ],
  settles: Array.from({ length: 110 }, (_, tenth) => tenth / 10 + 0.05),
  end: 10,
}

describe('a journal', () => {
  const { lines } = record(RUN)

  test('may end within a line, which is ignored', () => {
    const text = lines.join('\n')
    const last = lines.at(-1)?.length ?? 0
    const before = text.length - last
    for (let cut = before + 1; cut < text.length; cut++) {
      const journal = readJournal(text.slice(0, cut).split('\n'))
      expect(journal.damaged).toBe(0)
      expect(journal.end).toBeUndefined()
    }
    expect(readJournal(text.split('\n')).end?.status).toBe('completed')
  })

  test('cut anywhere is a shorter run, and one that crashed', () => {
    fc.assert(
      fc.property(fc.nat({ max: lines.join('\n').length }), (cut) => {
        const journal = readJournal(lines.join('\n').slice(0, cut).split('\n'))
        const report = analyse(journal, FACTORS)
        expect(journal.damaged).toBe(0)
        if (!journal.end) expect(report.run.status).toBe('crashed')
        if (report.run.seconds > 0 && journal.domains.length > 0) {
          expect(report.energy.joules ?? 0).toBeLessThanOrEqual(100 * report.run.seconds + 0.1)
        }
      }),
    )
  })

  test('counts damaged lines, and says so in the health of the report', () => {
    const damaged = [
      ...lines.slice(0, 3),
      'x',
      '{"kind":"late"}',
      '[]',
      '7',
      '{"kind":"?"}',
      ...lines.slice(3),
    ]
    const journal = readJournal([...damaged, '{"torn'])
    expect(journal.damaged).toBe(5)
    const report = analyse(journal, FACTORS)
    expect(report.energy.joules).toBeCloseTo(1000, 2)
    expect(report.health.find(({ code }) => code === 'journal-damaged')?.count).toBe(5)
  })

  test('knows of errors that turned out to be larger than declared, and of none that did not', () => {
    const declaration = domainOf({ id: 'gpu', standardUncertainty: { relative: 0.05, shared: 'domain' } })
    const domains = RUN.domains.map((domain) => ({ ...domain, declaration }))
    const widened = (...found: number[]) => {
      const { lines } = record({ ...RUN, domains }, (recording) => {
        for (const relative of found.splice(0)) recording.widen(0, relative)
      })
      const journal = readJournal(lines)
      expect(journal.damaged).toBe(0)
      const { energy } = analyse(journal, FACTORS)
      return [energy.standardUncertaintyJoules, energy.domains[0]?.standardUncertaintyJoules]
    }
    expect(widened()).toEqual([50, 50])
    expect(widened(0.43, 0.2)).toEqual([430, 430])
    expect(widened(0.01)).toEqual([50, 50])
    const line = (relative: number) => JSON.stringify({ kind: 'uncertainty', t: 1, domain: 0, relative })
    const journal = readJournal([...record({ ...RUN, domains }).lines, line(0.3), line(0.2)])
    expect(analyse(journal, FACTORS).energy.standardUncertaintyJoules).toBe(300)
  })

  test('tells where the run was made, the last written, if it makes sense', () => {
    const line = (place: unknown) => JSON.stringify({ kind: 'place', t: 0.5, place })
    const place = {
      provider: 'aws',
      region: 'eu-west-1',
      instanceType: 'g6f.large',
      accelerators: { count: 0.125, label: 'NVIDIA L4' },
    }
    const bad = [
      'aws',
      { provider: 'aws' },
      { ...place, region: '' },
      { ...place, region: 'x'.repeat(200) },
      { ...place, account: 7 },
      { ...place, accelerators: { count: -1, label: 'x' } },
      { ...place, accelerators: [] },
    ]
    const texts = [line({ ...place, region: 'eu-west-2' }), line(place), ...bad.map(line)]
    const journal = readJournal([...lines.slice(0, -1), ...texts, lines.at(-1) as string])
    expect(journal.damaged).toBe(bad.length)
    expect(parseReport(analyse(journal, FACTORS)).provenance.place).toEqual(place)
    expect(analyse(readJournal(lines), FACTORS).provenance).not.toHaveProperty('place')
  })

  test('says which factors nobody gave and the place does', () => {
    const fromPlace = ['zone aws:eu-west-1', 'PUE 1.11 (Amazon Web Services, 2024)']
    const { health } = analyse(readJournal(lines), { ...FACTORS, fromPlace })
    expect(health.find(({ code }) => code === 'factors-from-place')).toMatchObject({
      severity: 'info',
      message: expect.stringMatching(/: zone aws:eu-west-1, PUE 1\.11 \(Amazon Web Services, 2024\)$/),
    })
  })

  test('does not go back in time', () => {
    const journal = readJournal([...lines.slice(0, -1), '{"t":1,"dJ":[1000]}', lines.at(-1) as string])
    expect(journal.damaged).toBe(1)
    expect(analyse(journal, FACTORS).energy.joules).toBeCloseTo(1000, 2)
  })

  test('of an hour of ten domains with a phase every ten seconds is as small as a week below 64 MB allows', () => {
    const domains = Array.from({ length: 10 }, (_, index) => ({
      declaration: domainOf({ id: `gpu-${index}` }),
      interval: 1,
      readings: Array.from({ length: 3602 }, (_, time) => ({
        time: time + 0.01,
        comes: time + 0.02,
        value: 350 + 150 * Math.sin(time / 60 + index),
      })),
    }))
    const events = Array.from({ length: 360 }, (_, index) =>
      phaseEvents('epoch', `${index}`, 'a', {
        from: index * 10 + 0.123456,
        to: index * 10 + 10.123426,
      }),
    ).flat()
    const settles = Array.from({ length: 3600 }, (_, second) => second + 0.05)
    const hour = record({ domains, events, settles, end: 3600.2 })
    const bytes = hour.lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0)
    // Times grow longer within a week: 6 digits instead of 4, here in some 250 bytes of every ten seconds.
    expect(bytes * 168 + 604_800 * 2 + 60_480 * 15).toBeLessThan(64e6)
    expect(bytes * 168).toBeGreaterThan(30e6)
  })
})

describe('a journal of unknown origin', () => {
  const kinds = record(RUN).lines.map((line) => JSON.parse(line) as Record<string, unknown>)
  const value = fc.oneof(
    fc.constantFrom(
      null,
      -1,
      0,
      1e308,
      -1e308,
      '',
      'x',
      true,
      [],
      {},
      [null],
      [1e308],
      { a: 'b' },
      1e15,
      2.5,
    ),
    fc.jsonValue({ maxDepth: 2 }),
  )
  /** Real lines, of which some fields are something else. */
  const bent = fc.tuple(fc.constantFrom(...kinds), fc.nat(), value).map(([line, field, other]) => {
    const names = Object.keys(line)
    const name = names[field % names.length] as string
    return JSON.stringify({ ...line, [name]: other })
  })
  const hostile = fc.array(
    fc.oneof(
      bent,
      bent,
      fc.constantFrom(...kinds).map((line) => JSON.stringify(line)),
      fc.json(),
    ),
    {
      maxLength: 30,
    },
  )

  test('is read without a throw, and makes a report that keeps its schema', () => {
    fc.assert(
      fc.property(hostile, (lines) => {
        const journal = readJournal([JSON.stringify(START), ...lines])
        const report = analyse(journal, FACTORS)
        expect(() => parseReport(JSON.parse(JSON.stringify(report)))).not.toThrow()
        expect(report.energy.coverage).toBeGreaterThanOrEqual(0)
        expect(report.energy.coverage).toBeLessThanOrEqual(1)
      }),
      { numRuns: 1500 },
    )
  })

  test('pollutes no prototype', () => {
    const line = '{"kind":"tag","t":0,"tags":{"__proto__":"x"}}'
    const hostile = '{"kind":"provenance","t":0,"provenance":{"__proto__":{"polluted":true}}}'
    const work = '{"t":1,"work":{"__proto__":5,"constructor":3}}'
    const report = analyse(readJournal([JSON.stringify(START), line, hostile, work]), FACTORS)
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
    expect(report.work).toEqual({ constructor: 3 })
  })
})
