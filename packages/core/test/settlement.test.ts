import { IntensityCurve } from '@ergometer/carbon'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { analyse } from '../src/analyse.ts'
import type { JournalLine } from '../src/journal-line.ts'
import { owedDomains } from '../src/owed.ts'
import { settleJournal, type ToldDomain } from '../src/settlement.ts'
import {
  CLOUD,
  journalOf,
  knownOf,
  LateRun,
  SecondBySecond,
  type Statement,
  statements,
} from './late-world.ts'
import { FACTORS, START } from './simulated-run.ts'
import { domainOf } from './true-curve.ts'

const END = 40
const wallAt = (second: number) => new Date(Date.parse(START.wall) + second * 1000)

function told(said: readonly Statement[], parts: Partial<ToldDomain> = {}): ToldDomain {
  const readings = said.map(({ from, to, joules }) => ({ value: joules, time: to, from }))
  return { meter: 'cloud', interval: 60, domain: CLOUD, readings, ...parts }
}

/** A run of so many seconds of which nothing has come in time. */
function silentRun(end = END, domain = CLOUD): LateRun {
  const run = new LateRun(domain)
  run.recording.settle(end)
  run.close(end)
  return run
}

/** Settles what was written so far; what it appends. */
function settle(run: LateRun, told: readonly ToldDomain[], second: number): JournalLine[] {
  const lines = settleJournal(run.journal, told, [], wallAt(second))
  run.lines.push(...lines)
  return lines
}

describe('energy that comes late', () => {
  const worlds = fc.record({
    live: statements(END),
    later: fc.array(statements(END), { maxLength: 3 }),
    looks: fc.array(fc.integer({ min: 0, max: END }), { maxLength: 5 }),
    parts: fc.array(fc.tuple(fc.nat(END), fc.nat(END)), { minLength: 1, maxLength: 4 }),
  })

  test('is what brute force says of each second, in the run and settled, in any order, revised, before its begin and beyond its end', () => {
    fc.assert(
      fc.property(worlds, ({ live, later, looks, parts }) => {
        const run = new LateRun()
        const truth = new SecondBySecond(END)
        const settles = [...looks].sort((a, b) => a - b)
        for (const statement of live) {
          const now = settles.shift()
          if (now !== undefined) run.recording.settle(now)
          run.read([statement], 1000)
          truth.say(statement)
        }
        run.close(END)
        for (const said of later) {
          settle(run, [told(said)], 1000)
          for (const statement of said) truth.say(statement)
        }
        const known = knownOf(run.journal)
        for (const [a, b] of [[0, END] as const, ...parts]) {
          const [from, to] = [Math.min(a, b), Math.max(a, b)]
          expect(known.joules(from, to)).toBeCloseTo(truth.joules(from, to), 1)
          expect(known.seconds(from, to)).toBeCloseTo(truth.seconds(from, to), 6)
        }
        const { damaged } = run.journal
        expect(damaged).toBe(0)
      }),
      { numRuns: 300 },
    )
  })

  test('is no journal line when it has been told already, however often it is asked for', () => {
    fc.assert(
      fc.property(statements(END), statements(END), (live, said) => {
        const run = new LateRun()
        run.read(live, 1000)
        run.close(END)
        settle(run, [told(said)], 500)
        const before = run.lines.length
        expect(settle(run, [told(said)], 501)).toEqual([])
        expect(run.lines).toHaveLength(before)
        const report = (journal = run.journal) => JSON.stringify(analyse(journal, FACTORS))
        expect(report()).toBe(report(journalOf(run.lines)))
      }),
      { numRuns: 200 },
    )
  })

  test('makes live totals that know each second once, and never fall', () => {
    fc.assert(
      fc.property(statements(END, 30), (said) => {
        const run = new LateRun()
        const truth = new SecondBySecond(200)
        let highest = 0
        for (const statement of said) {
          run.read([statement], 1000)
          truth.say(statement)
          highest = Math.max(highest, truth.joules(0, 200))
          const { ledger } = run.recording.domains[0] as (typeof run.recording.domains)[number]
          expect(ledger.joules).toBeCloseTo(highest, 6)
          expect(ledger.seconds).toBeCloseTo(truth.seconds(0, 200), 6)
        }
      }),
    )
  })

  test('that is told again and again is written once', () => {
    const run = new LateRun()
    const minutes = [0, 60, 120].map((from) => ({ from, to: from + 60, joules: 600 }))
    for (let now = 200; now < 260; now += 10) run.read(minutes, now)
    expect(run.lines.filter((line) => 'kind' in line && line.kind === 'late')).toHaveLength(3)
    // A revision and its taking back are two statements.
    run.read([{ from: 60, to: 120, joules: 500 }], 260)
    run.read(minutes, 270)
    expect(run.lines.filter((line) => 'kind' in line && line.kind === 'late')).toHaveLength(5)
    expect(knownOf(run.close(180)).joules(0, 180)).toBeCloseTo(1800, 3)
  })

  test('keeps the detail that is known where a longer interval adds up to the same', () => {
    const run = silentRun()
    settle(
      run,
      [
        told([
          { from: 0, to: 20, joules: 100 },
          { from: 20, to: 40, joules: 300 },
        ]),
      ],
      100,
    )
    expect(settle(run, [told([{ from: 0, to: 40, joules: 400 }])], 200)).toEqual([])
    expect(knownOf(run.journal).joules(0, 20)).toBeCloseTo(100, 6)
    settle(run, [told([{ from: 0, to: 40, joules: 440 }])], 300)
    expect(knownOf(run.journal).joules(0, 20)).toBeCloseTo(220, 6)
  })

  test('of sampled power and of counters is joined as it is in a run', () => {
    const power = domainOf({ id: 'power', lateBy: 60 })
    const counter = domainOf({ id: 'count', lateBy: 60, reads: { quantity: 'energy', joulesPerCount: 2 } })
    const run = silentRun(END, power)
    const at = (value: number, time: number) => ({ value, time })
    const points = { meter: 'cloud', interval: 10 }
    settle(
      run,
      [
        { ...points, domain: power, interval: 60, readings: [at(200, 40), at(100, 0), at(100, 20)] },
        { ...points, domain: counter, readings: [at(500, 45), at(300, -5)] },
      ],
      400,
    )
    const { domains } = analyse(run.journal, FACTORS).energy
    expect(domains.map(({ joules }) => joules)).toEqual([
      expect.closeTo(100 * 20 + 150 * 20, 3),
      expect.closeTo((200 * 2 * 40) / 50, 3),
    ])
  })

  test('that cannot be true is left out, and said', () => {
    const run = silentRun(END, { ...CLOUD, maxWatts: 100 })
    settle(
      run,
      [
        told([
          { from: 0, to: 20, joules: 1e9 },
          { from: 20, to: 40, joules: 50 },
          { from: 9000, to: 9060, joules: 1 },
        ]),
      ],
      400,
    )
    const { energy, health } = analyse(run.journal, FACTORS)
    expect(energy.joules).toBeCloseTo(50, 6)
    expect(health.map(({ code }) => code)).toContain('implausible-reading')
  })

  test('meets phases and the intensity of then', () => {
    const run = new LateRun()
    const event = (time: number, edge: 'begin' | 'end', id: string) =>
      run.recording.addEvent({ kind: 'phase', name: id, id, edge }, time, time, 'one')
    event(0, 'begin', 'first')
    run.recording.settle(10)
    event(10, 'end', 'first')
    event(10, 'begin', 'second')
    run.recording.settle(40)
    event(40, 'end', 'second')
    run.close(END)
    const intensity = { kind: 'average', basis: 'lifecycle', source: 'test', estimated: false } as const
    const from = Date.parse(START.wall) / 1000
    const curve = new IntensityCurve(intensity, [
      { ...intensity, from: from - 100, to: from + 20, gramsPerKilowattHour: 100 },
      { ...intensity, from: from + 20, to: from + 5000, gramsPerKilowattHour: 700 },
    ])
    const report = () => analyse(run.journal, { ...FACTORS, curve })
    expect(report().carbon).not.toHaveProperty('gramsCo2e')
    // 100 W in [-10, 30), 50 W in [30, 50): it comes hours later, when the intensity is another one.
    settle(
      run,
      [
        told([
          { from: 30, to: 50, joules: 1000 },
          { from: -10, to: 30, joules: 4000 },
        ]),
      ],
      4000,
    )
    const { energy, carbon, phases, run: of } = report()
    expect(of.provisional).toBe(false)
    expect(energy.joules).toBeCloseTo(3500, 3)
    expect(energy.coverage).toBe(1)
    expect(carbon.gramsCo2e).toBeCloseTo((2000 * 100 + 1500 * 700) / 3.6e6, 6)
    expect(phases.map(({ name, joules = 0, gramsCo2e = 0 }) => [name, joules, gramsCo2e])).toEqual([
      ['first', expect.closeTo(1000, 3), expect.closeTo((1000 * 100) / 3.6e6, 6)],
      ['second', expect.closeTo(2500, 3), expect.closeTo((1000 * 100 + 1500 * 700) / 3.6e6, 6)],
    ])
  })

  test('is awaited of a meter that could not be opened, until it has come or is given up', () => {
    const awaited: JournalLine = { kind: 'awaited', t: END, meter: 'cloud', lateBy: 240 }
    const lines = [{ ...START }, awaited, { kind: 'end', t: END, status: 'completed' }] as JournalLine[]
    const journal = () => journalOf(lines)
    const provisional = (one = journal()) => analyse(one, FACTORS).run.provisional
    const [owed] = owedDomains(journal())
    expect(owed).toMatchObject({ id: 'cloud', reached: 0, until: wallAt(END + 720).getTime() })
    expect(analyse(journal(), FACTORS).health).toContainEqual(
      expect.objectContaining({
        code: 'late-data-owed',
        message: expect.stringContaining('readings of cloud'),
      }),
    )
    // Asked in vain: once that is written, and then nothing more.
    const asked = settleJournal(journal(), [], [], wallAt(END + 60))
    expect(asked).toMatchObject([{ kind: 'settled', owed: true }])
    lines.push(...asked)
    expect(settleJournal(journal(), [], [], wallAt(END + 120))).toEqual([])
    expect(provisional()).toBe(true)
    const given = journal()
    settleJournal(given, [], [], wallAt(END + 721))
    expect(provisional(given)).toBe(false)
    expect(analyse(given, FACTORS).health).toContainEqual({
      severity: 'warning',
      code: 'late-data-missing',
      message: 'cloud: nothing was told of the run',
      meter: 'cloud',
    })
    const silent = journal()
    const parts = [told([{ from: 0, to: END, joules: 800 }]), told([], { domain: { ...CLOUD, id: 'gpu' } })]
    settleJournal(silent, parts, [], wallAt(10_000))
    expect(settleJournal(silent, parts, [], wallAt(10_060))).toEqual([])
    const late = analyse(silent, FACTORS)
    expect(late.run.provisional).toBe(false)
    expect(late.health.map(({ code, domain }) => [code, domain])).toContainEqual([
      'late-data-missing',
      'cloud:gpu',
    ])
    expect(late.energy.boundary.missing).toContainEqual(expect.objectContaining({ why: 'never read' }))
    const settled = journal()
    settleJournal(settled, [told([{ from: 0, to: END, joules: 800 }])], [], wallAt(END + 180))
    expect(analyse(settled, FACTORS)).toMatchObject({ run: { provisional: false }, energy: { joules: 800 } })
  })

  test('is awaited of one of two meters of a name, of which the other was there', () => {
    const run = silentRun(200)
    settle(run, [told([{ from: 0, to: run.journal.until, joules: 800 }])], 5000)
    const awaited: JournalLine = { kind: 'awaited', t: 200, meter: 'cloud', lateBy: 240 }
    const other = journalOf([...run.lines, awaited])
    expect(owedDomains(other, other.until, wallAt(260).getTime())).toContainEqual(
      expect.objectContaining({ index: -1, id: 'cloud' }),
    )
  })

  test('is not blurred by longer intervals that come later and go beyond the run', () => {
    const run = silentRun(200)
    const minute = (from: number, watts: number): Statement => ({ from, to: from + 60, joules: watts * 60 })
    // Known from 40 s before the begin to 20 s after the end, but for a minute.
    settle(run, [told([minute(-40, 700), minute(20, 600), minute(140, 500), minute(200, 60)])], 500)
    const hours = told([
      { from: -100, to: 20, joules: 380 * 120 },
      { from: 20, to: 140, joules: 500 * 120 },
      { from: 140, to: 260, joules: 280 * 120 },
    ])
    settle(run, [hours], 5_000_000)
    // Of the minute that nobody had told the coarser figure counts, with the rest of its interval.
    expect(knownOf(run.journal).joules(0, 200)).toBeCloseTo(700 * 20 + 500 * 120 + 500 * 60, 3)
    const lines = run.lines.length
    settle(run, [hours], 5_000_060)
    expect(run.lines).toHaveLength(lines)
    // A revision in the grain of the domain counts as ever.
    settle(run, [told([minute(-40, 100)])], 5_000_120)
    expect(knownOf(run.journal).joules(0, 20)).toBeCloseTo(2000, 3)
  })

  test('settles a week of minutes of 16 GPUs, newest first, in seconds', { timeout: 60_000 }, () => {
    const week = 7 * 86_400
    const minutes = Array.from({ length: week / 60 }, (_, index) => index * 60).reverse()
    const domains = Array.from({ length: 16 }, (_, index) => ({ ...CLOUD, id: `gpu-${index}` }))
    const run = silentRun(0)
    const lines: JournalLine[] = [
      ...run.lines.filter((line) => !('kind' in line) || line.kind !== 'end'),
      { kind: 'end', t: week, status: 'completed' },
    ]
    const journal = journalOf(lines)
    const all = domains.map((domain) =>
      told(
        minutes.map((from) => ({ from, to: from + 60, joules: 6000 + (from % 7) })),
        { domain },
      ),
    )
    const begin = performance.now()
    expect(settleJournal(journal, all, [], wallAt(week + 300)).length).toBeGreaterThan(161_000)
    const report = analyse(journal, FACTORS)
    expect((performance.now() - begin) / 1000).toBeLessThan(10)
    expect(report.energy.domains).toHaveLength(17)
    expect(report.energy.domains.at(-1)).toMatchObject({ coverage: 1, meanWatts: expect.closeTo(100.05, 2) })
  })
})

describe('a run that late meters owe readings', () => {
  const report = (run: LateRun) => analyse(run.journal, FACTORS)

  test('is provisional until they have told of its end', () => {
    const run = silentRun()
    expect(report(run).run.provisional).toBe(true)
    expect(report(run).health.map(({ code }) => code)).toContain('late-data-owed')
    settle(run, [told([{ from: 0, to: 39, joules: 100 }])], 100)
    expect(report(run).run.provisional).toBe(true)
    expect(run.lines.at(-1)).toEqual({
      kind: 'settled',
      wall: wallAt(100).toISOString(),
      reached: [39],
      owed: true,
    })
    settle(run, [told([{ from: 39, to: 99, joules: 60 }])], 101)
    const { run: of, energy, health } = report(run)
    expect(of.provisional).toBe(false)
    expect(energy.joules).toBeCloseTo(101, 6)
    expect(health.map(({ code }) => code).filter((code) => code.startsWith('late-'))).toEqual([])
    expect(run.lines.at(-1)).toMatchObject({ kind: 'settled', reached: [99], owed: false })
  })

  test('is final when 3 times lateBy have passed, with a gap that is said', () => {
    const run = silentRun()
    settle(run, [told([{ from: 0, to: 30, joules: 300 }])], END + 3 * 240 - 1)
    expect(report(run).run.provisional).toBe(true)
    settle(run, [told([])], END + 3 * 240)
    const { run: of, energy, health } = report(run)
    expect(of.provisional).toBe(false)
    expect(energy).toMatchObject({ joules: 300, coverage: 0.75 })
    expect(energy.domains[0]?.gaps).toBe(0)
    expect(health).toContainEqual({
      severity: 'warning',
      code: 'late-data-missing',
      message: 'cloud:vm: nothing was told of 10 s of the run: that time is a gap',
      meter: 'cloud',
      domain: 'cloud:vm',
      from: 30,
      to: 40,
    })
    // What comes even then is taken.
    settle(run, [told([{ from: 30, to: 40, joules: 100 }])], 90_000)
    expect(report(run).energy).toMatchObject({ joules: 400, coverage: 1 })
  })

  test('does not become final by the time at which it is read', () => {
    const run = silentRun()
    expect(owedDomains(run.journal)).toEqual([
      { index: 0, id: 'cloud:vm', meter: 'cloud', reached: 0, until: wallAt(END + 720).getTime() },
    ])
    expect(owedDomains(run.journal, END, wallAt(END + 719.9).getTime())).toHaveLength(1)
    expect(owedDomains(run.journal, END, wallAt(END + 720).getTime())).toEqual([])
  })

  test('says so for a part of it, up to which it has not told', () => {
    const run = silentRun()
    settle(run, [told([{ from: 0, to: 20, joules: 100 }])], 50)
    const part = (from: number, to: number) =>
      analyse(run.journal, FACTORS, { interval: { from, to }, running: true }).health.map(({ code }) => code)
    expect(part(0, 20)).not.toContain('late-data-owed')
    expect(part(10, 30)).toContain('late-data-owed')
    expect(part(10, 30)).not.toContain('late-data-missing')
    const running = analyse(run.journal, FACTORS, { running: true })
    expect(running.health.filter(({ code }) => code.startsWith('late-'))).toEqual([])
  })

  test('gets a domain that it never had, and has one boundary with what it knew', () => {
    const lines: JournalLine[] = [START]
    const local = new LateRun(
      domainOf({ id: 'own', identity: 'gpu:a', reads: { quantity: 'interval-energy' } }),
      1,
    )
    local.read([{ from: 0, to: 40, joules: 4000 }], 40)
    local.close(END)
    lines.push(...local.lines.slice(1))
    const run = { lines, journal: journalOf(lines) }
    const said = [{ from: 0, to: 60, joules: 60 }]
    const other = settleJournal(
      run.journal,
      [
        told(said, { domain: { ...CLOUD, identity: 'gpu:a' } }),
        told(said, { domain: { ...CLOUD, id: 'b', identity: 'gpu:b' } }),
        // Of what has nothing to tell, and may not have any more, there is nothing to add.
        told([], { domain: { ...CLOUD, id: 'c' } }),
      ],
      [],
      wallAt(10_000),
    )
    const report = analyse(journalOf([...lines, ...other]), FACTORS)
    expect(report.energy.domains.map(({ id, counted, coverage }) => [id, counted, coverage])).toEqual([
      ['cloud:own', true, 1],
      ['cloud:vm', false, 1],
      ['cloud:b', true, 1],
    ])
    // Of two that read one GPU the local one counts.
    expect(report.energy.joules).toBeCloseTo(4040, 3)
    expect(report.run.provisional).toBe(false)
  })

  test('hears once what a meter has to say, and a wider error', () => {
    const run = silentRun()
    const said = { severity: 'warning', code: 'retention', message: 'too old', meter: 'cloud' } as const
    const one = told([{ from: 0, to: 60, joules: 60 }], { relative: 0.4 })
    const settleSaying = () => {
      const lines = settleJournal(
        run.journal,
        [one],
        [said, { ...said, message: 'still too old' }],
        wallAt(99),
      )
      run.lines.push(...lines)
      return lines.length
    }
    expect(settleSaying()).toBe(4)
    expect(settleSaying()).toBe(0)
    const { health, energy } = report(run)
    expect(health).toContainEqual(said)
    expect(energy.domains[0]?.declaredUncertainty?.relative).toBe(0.4)
  })

  test('is left as it is by a domain that reads something else now', () => {
    const run = silentRun()
    const changed = {
      ...told([]),
      domain: domainOf({ id: 'vm', lateBy: 240 }),
      readings: [{ value: 5, time: 3 }],
    }
    settle(run, [changed], 99)
    expect(report(run).health.map(({ code }) => code)).toContain('domain-invalid')
    expect(report(run).energy.coverage).toBe(0)
  })
})
