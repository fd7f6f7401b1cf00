import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type DoctorFindings, doctorText, metersText } from '../src/doctor-text.ts'
import { liveLine } from '../src/live-line.ts'
import { runsTable } from '../src/runs-table.ts'
import { textWidth } from '../src/text-width.ts'
import { partialReport, richReport, unknownReport } from './sample-reports.ts'

describe('liveLine', () => {
  const live = {
    v: 1,
    t: 81.2,
    seconds: 754,
    joules: 45_200,
    watts: 123.4,
    gramsCo2e: 1.23,
    coverage: 1,
    domains: [],
    health: [],
  }

  it('shows watts, joules, grams and seconds', () => {
    expect(liveLine(live)).toBe('  123 W · 45.2 kJ ·  1.23 g CO2e · 12 min 34 s')
    expect(liveLine({ ...live, coverage: 0.92 })).toBe(
      '  123 W · 45.2 kJ ·  1.23 g CO2e · 12 min 34 s · seen 92 % of the time',
    )
    expect(liveLine({ seconds: 3.2, coverage: 0 })).toBe(
      '    – W ·     – J ·     – g CO2e · 3.20 s · seen 0 % of the time',
    )
  })

  it('leaves figures out rather than take a second line', () => {
    expect(liveLine(live, { columns: 40 })).toBe('  123 W · 45.2 kJ ·  1.23 g CO2e')
    const amount = fc.double({ min: 0, max: 1e15, noNaN: true })
    fc.assert(
      fc.property(
        amount,
        amount,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer({ min: 20, max: 120 }),
        (joules, seconds, coverage, columns) => {
          const line = liveLine({ ...live, joules, seconds, coverage }, { columns })
          expect(textWidth(line)).toBeLessThan(columns)
        },
      ),
    )
  })
})

describe('runsTable', () => {
  const runs = [
    { run: richReport.run, joules: 1_483_200, gramsCo2e: 25.4 },
    { run: unknownReport.run },
    { run: { ...partialReport.run, name: 'bert\x1b[31m\nbase' }, joules: 1_335_600, gramsCo2e: 175 },
  ]

  it('lists runs with ids that can be copied', () => {
    expect(`\n${runsTable(runs)}`).toMatchInlineSnapshot(`
      "
      Run                             name       status        energy    CO2e
      20260301-093012-mnist-cnn-k3f9  mnist-cnn  completed  0.412 kWh  25.4 g
      20260301-093012-train-a1b2      train      failed             –       –
      20260302-010000-bert-77aa       bert base  aborted    0.371 kWh   175 g
      "
    `)
    expect(`\n${runsTable(runs, { columns: 120 })}`).toMatchInlineSnapshot(`
      "
      Run                             name       status     started               duration     energy    CO2e
      20260301-093012-mnist-cnn-k3f9  mnist-cnn  completed  2026-03-01 09:30 UTC  59.9 min  0.412 kWh  25.4 g
      20260301-093012-train-a1b2      train      failed     2026-03-01 09:30 UTC    4.20 s          –       –
      20260302-010000-bert-77aa       bert base  aborted    2026-03-01 09:30 UTC  59.9 min  0.371 kWh   175 g
      "
    `)
  })

  it('does not cut the longest ids there are', () => {
    const id = `20260301-093012-${'x'.repeat(32)}-a1b2c3`
    expect(runsTable([{ run: { ...richReport.run, id }, joules: 5 }])).toContain(id)
  })

  it('says how to begin when there are none', () => {
    expect(runsTable([])).toBe('No runs yet: ergometer run -- COMMAND records one.\n')
  })
})

describe('doctorText', () => {
  const doctor: DoctorFindings = {
    schema: 'ergometer.doctor/1',
    verdict: 'modelled',
    meters: [
      {
        name: 'rapl',
        available: false,
        why: 'this user may not read it',
        file: '/sys/class/powercap/intel-rapl:0/energy_uj',
        fixes: [
          'sudo groupadd --force ergometer\nsudo usermod --append --groups ergometer "$USER"',
          `echo '${'x'.repeat(90)}  y'\x1b[2J`,
        ],
        domains: [],
      },
      {
        name: 'estimate',
        available: true,
        fixes: [],
        domains: [
          { id: 'cpu', kind: 'cpu', label: 'CPU, from its load', method: 'modelled' },
          { id: 'memory', kind: 'memory', label: 'Memory, from its size', method: 'modelled' },
        ],
      },
    ],
  }

  it('says where a machine of a cloud is, and what that means, or why it is not known', () => {
    const means = ['zone aws:eu-west-1', 'PUE 1.11 (Amazon Web Services, 2024)']
    const there = { provider: 'aws', region: 'eu-west-1', instanceType: 'm5.2xlarge', means }
    const block = (place: DoctorFindings['place']) =>
      doctorText({ ...doctor, ...(place ? { place } : {}) })
        .split('\n\n')
        .at(-2)
    expect(block(there)).toBe(
      '✓ place · aws eu-west-1 m5.2xlarge\n  zone aws:eu-west-1\n  PUE 1.11 (Amazon Web Services, 2024)',
    )
    expect(block({ why: 'nobody answers', means: [] })).toBe('✗ place · unknown · nobody answers')
    expect(doctorText(doctor)).not.toContain('place')
  })

  it('says what is missing and gives commands as they are to be typed', () => {
    expect(`\n${doctorText(doctor)}`).toMatchInlineSnapshot(`
      "
      ✗ rapl · not available · this user may not read it
        file: /sys/class/powercap/intel-rapl:0/energy_uj
        fixes
          sudo groupadd --force ergometer
          sudo usermod --append --groups ergometer "$USER"
          echo 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx  y'

      ✓ estimate · available
        cpu     cpu     modelled  CPU, from its load
        memory  memory  modelled  Memory, from its size

      modelled: no sensor can be read; energy will be computed from load and a power
      model
      "
    `)
  })

  it('lists meters without the cures', () => {
    expect(`\n${metersText(doctor.meters)}`).toMatchInlineSnapshot(`
      "
      ✗ rapl · not available · this user may not read it

      ✓ estimate · available
        cpu     cpu     modelled  CPU, from its load
        memory  memory  modelled  Memory, from its size

      'ergometer doctor' tells what would mend it
      "
    `)
    expect(metersText([])).toBe('No meters.\n')
  })
})
