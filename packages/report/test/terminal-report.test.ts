import { stripVTControlCharacters } from 'node:util'
import type { Report } from '@ergometer/core'
import { describe, expect, it } from 'vitest'
import { terminalReport } from '../src/terminal-report.ts'
import { modelledReport, partialReport, richReport, unknownReport } from './sample-reports.ts'

/** Energy whose domains do not say how sure they are. */
function unsure(energy: Report['energy']): Report['energy'] {
  const domains = energy.domains.map(({ standardUncertaintyJoules: _, ...domain }) => domain)
  return { ...energy, domains }
}

describe('terminalReport', () => {
  it('tells all of a run in which everything is known', () => {
    expect(`\n${terminalReport(richReport)}`).toMatchInlineSnapshot(`
      "
      ✓ mnist-cnn · completed · 59 min 54 s
        2026-03-01 09:30 UTC · on worker-3 · optimizer=adam · lr=0.001

        Energy    0.412 ± 0.021 kWh (95 %) · 1.48 MJ · seen 99.8 % of the time
                  measured: gpu by nvml, cpu + memory by rapl
        Boundary  cpu + memory + gpu, without power supply, fans, disks
                  component sensors
        Facility  0.453 kWh at PUE 1.10 · counted in the carbon
        Carbon    25.4 ± 2.6 g CO2e (95 %) · 12 % of it at estimated intensity
                  ± is the energy's alone
                  56.0 g/kWh · FR · Ember yearly electricity data 2024
                  average, lifecycle
        Target    accuracy 0.9000 for 0.161 kWh · 9.90 g CO2e · after 23 min 22 s
                  loss 0.2000 not reached · best 0.2131
        Delay     5.33 GJ s of energy times delay
        Forecast  0.400 kWh in all · 0.364 kWh to 0.442 kWh (95 %) · 24.6 g CO2e
                  59 min 40 s · after epoch 3 of 5
                  it took 0.412 kWh in 59 min 54 s

        Work          done   per joule  energy each  CO2e each
        samples    300 000       0.202       4.94 J    84.7 µg
        flops    124 PFLOP  83.6 GFLOP      12.0 pJ   0.205 fg

        Scores       first → last    best  better  per kWh  last gain/kWh
        accuracy  0.1123 → 0.9341  0.9412  higher     2.27           2.01
        loss       2.301 → 0.2145  0.2131  lower         –              –

        Phases      times  duration   energy     each    share   mean  samples/J
        load data       1  1.02 min  12.4 kJ  12.4 kJ    0.8 %  203 W          –
        epoch           5  55.7 min  1.40 MJ   280 kJ     95 %  420 W      0.214
        checkpoint      5   41.0 ms   1.90 J   380 mJ  < 0.1 %      –          –
          below resolution: shorter than its meters' update period

        Domains                method     energy  share           seen    mean    peak
        nvml:GPU-5f8e2a7c-91…  measured  1.02 MJ   69 %  ████▏   100 %   284 W   391 W
        rapl:package-0         measured   404 kJ   27 %  █▋      100 %   112 W   187 W
        rapl:package-0/dram    measured  58.2 kJ  3.9 %  ▎      99.8 %  16.2 W  24.9 W
          3 gaps
        rapl:package-0/core    measured   251 kJ      –          100 %  69.8 W   130 W
          not counted: within rapl:package-0
        estimate:memory        modelled  86.0 kJ      –          100 %  23.9 W  23.9 W
          not counted: there is a sensor for it

        Health    warning: three reads failed in a row: EINVAL (read-failed,
                  rapl:package-0/dram, 3 times)
                  1 note in report.json
        Folder    .ergometer/runs/20260301-093012-mnist-cnn-k3f9
        Next      ergometer report 20260301-093012-mnist-cnn-k3f9
      "
    `)
  })

  it('calls unknown what is unknown', () => {
    const text = terminalReport(unknownReport)
    expect(`\n${text}`).toMatchInlineSnapshot(`
      "
      ✗ train · failed · exit code 1 · 4.20 s
        2026-03-01 09:30 UTC · on worker-3

        Energy    unknown · no energy could be metered
        Boundary  nothing metered
                  cpu: /sys/class/powercap may only be read by root
                  2 × NVIDIA A100: libnvidia-ml.so.1 is not there
        Carbon    unknown
                  473 g/kWh · zone unknown: world average
                  Ember yearly electricity data 2024 · average, lifecycle, estimated

        Work     done  per joule  energy each  CO2e each
        samples   640          –            –          –

        Phases  times  duration  energy  each  share  mean  samples/J
        epoch       1    3.90 s       –     –      –     –          –

        Health    error: no meter is available: ergometer doctor says why (no-meter)
                  warning: grid zone unknown: the world's average of 473 g/kWh is
                  used; say where with --zone (zone-unknown)
        Folder    .ergometer/runs/20260301-093012-train-a1b2
        Next      ergometer report 20260301-093012-train-a1b2
      "
    `)
    expect(text).not.toMatch(/(?<![\d.:])0 (J|Wh|g|W|%)/)
  })

  it('of a run that late meters owe readings says how it is settled', () => {
    const owed = {
      severity: 'warning' as const,
      code: 'late-data-owed',
      message: 'readings of cloud:vm are still to come',
      meter: 'cloud',
    }
    const text = terminalReport({ ...partialReport, health: [owed] })
    expect(text).toContain(`Next      ergometer settle ${partialReport.run.id}\n`)
    expect(text).toContain(`            ergometer report ${partialReport.run.id}\n`)
    expect(terminalReport(partialReport)).not.toContain('ergometer settle')
  })

  it('says what was seen of a partly covered run', () => {
    expect(`\n${terminalReport(partialReport)}`).toMatchInlineSnapshot(`
      "
      ! bert · aborted · SIGTERM · budget spent · 59 min 54 s · provisional
        2026-03-01 09:30 UTC · on worker-3

        Energy    0.371 kWh seen, 90 % of the time (about 0.41 in all)
                  partly modelled · 1.34 MJ
                  ± 0.014 kWh (95 %) for 19 % of it, unknown for the rest
                  measured 81 %: gpu by nvml
                  modelled 19 %: cpu by estimate
        Boundary  cpu + gpu, without power supply, fans, disks · component sensors
        Carbon    175.0 ± 2.6 g CO2e (95 %) · of what was seen, 90 % of the time
                  ± is the energy's alone
                  473 g/kWh · zone unknown: world average
                  Ember yearly electricity data 2024 · average, lifecycle, estimated
        Target    accuracy 0.9000 for 0.161 kWh · 9.90 g CO2e · after 23 min 22 s
                  loss 0.2000 not reached · best 0.2131

        Work          done   per joule  energy each  CO2e each
        samples    300 000       0.202       4.94 J    84.7 µg
        flops    124 PFLOP  83.6 GFLOP      12.0 pJ   0.205 fg

        Scores       first → last    best  better  per kWh  last gain/kWh
        accuracy  0.1123 → 0.9341  0.9412  higher     2.27           2.01
        loss       2.301 → 0.2145  0.2131  lower         –              –

        Phases  times  duration   energy    each  share   mean  samples/J
        epoch       3  56.7 min  1.30 MJ  433 kJ   97 %  434 W          –
          seen 88 % of the time · 1 without an end

        Domains                  method     energy  share          seen    mean   peak
        nvml:GPU-5f8e2a7c-91d4…  measured  1.08 MJ   81 %  ████▉   90 %   333 W  391 W
          1 gap, 1 reset
        estimate:cpu             modelled   256 kJ   19 %  █▏     100 %  71.1 W  140 W

        Health    warning: grid zone unknown: the world's average of 473 g/kWh is
                  used; say where with --zone (zone-unknown)
        Folder    .ergometer/runs/20260302-010000-bert-77aa
        Next      ergometer report 20260302-010000-bert-77aa
      "
    `)
  })

  it('never passes a model for a measurement', () => {
    expect(`\n${terminalReport(modelledReport)}`).toMatchInlineSnapshot(`
      "
      ✓ demo · completed · 1 min 1 s
        2026-03-01 09:30 UTC · on worker-3

        Energy    1.80 ± 0.54 kJ (95 %) · modelled · 0.000501 kWh
                  modelled: cpu + memory by estimate
        Boundary  cpu + memory, without gpu (no meter), power supply, fans, disks
                  power model
        Carbon    28 ± 10 mg CO2e (95 %) · 12 % of it at estimated intensity
                  ± is the energy's alone
                  56.0 g/kWh · FR · Ember yearly electricity data 2024
                  average, lifecycle

        Work     done  per joule  energy each  CO2e each
        samples  3840       2.13       470 mJ    7.30 µg

        Phases  times  duration   energy   each  share    mean  samples/J
        epoch       3    57.8 s  1.70 kJ  567 J   94 %  29.4 W       2.26

        Domains          method     energy  share           seen    mean    peak
        estimate:cpu     modelled  1.64 kJ   91 %  █████▌  100 %  26.8 W  44.0 W
        estimate:memory  modelled    164 J  9.1 %  ▌       100 %  2.68 W  2.68 W

        Folder    .ergometer/runs/20260301-093012-mnist-cnn-k3f9
        Next      ergometer report 20260301-093012-mnist-cnn-k3f9
      "
    `)
    expect(terminalReport(modelledReport)).not.toContain('measured')
  })

  it('tells of each phase and domain how sure it is where there is room for it', () => {
    const wide = terminalReport(modelledReport, { columns: 120 })
    expect(wide).toMatch(/Phases +times +duration +energy +± 95 % /)
    expect(wide).toMatch(/epoch +3 +57.8 s +1.70 kJ +510 J /)
    expect(terminalReport(modelledReport)).not.toContain('± 95 %')
  })

  it('uses colour only if asked', () => {
    const colored = terminalReport(richReport, { color: true })
    expect(terminalReport(richReport)).not.toContain('\x1b')
    expect(colored).toContain('\x1b[1mmnist-cnn\x1b[22m')
    expect(stripVTControlCharacters(colored)).toBe(terminalReport(richReport))
  })

  it('does without columns on a narrow terminal', () => {
    expect(`\n${terminalReport(richReport, { columns: 40 })}`).toMatchInlineSnapshot(`
      "
      ✓ mnist-cnn · completed · 59 min 54 s
        2026-03-01 09:30 UTC · on worker-3
        optimizer=adam · lr=0.001

        Energy    0.412 ± 0.021 kWh (95 %)
                  1.48 MJ
                  seen 99.8 % of the time
                  measured: gpu by nvml, cpu +
                  memory by rapl
        Boundary  cpu + memory + gpu, without
                  power supply, fans, disks
                  component sensors
        Facility  0.453 kWh at PUE 1.10
                  counted in the carbon
        Carbon    25.4 ± 2.6 g CO2e (95 %)
                  12 % of it at estimated
                  intensity
                  ± is the energy's alone
                  56.0 g/kWh · FR
                  Ember yearly electricity
                  data 2024
                  average, lifecycle
        Target    accuracy 0.9000 for 0.161
                  kWh · 9.90 g CO2e
                  after 23 min 22 s
                  loss 0.2000 not reached
                  best 0.2131
        Delay     5.33 GJ s of energy times
                  delay
        Forecast  0.400 kWh in all
                  0.364 kWh to 0.442 kWh (95
                  %) · 24.6 g CO2e
                  59 min 40 s
                  after epoch 3 of 5
                  it took 0.412 kWh in 59 min
                  54 s

        Work         done  per jou…  energy e…
        samples   300 000     0.202     4.94 J
        flops    124 PFL…  83.6 GF…    12.0 pJ

        Scores       first → last    best
        accuracy  0.1123 → 0.9341  0.9412
        loss       2.301 → 0.2145  0.2131

        Phases      duration   energy    share
        load data   1.02 min  12.4 kJ    0.8 %
        epoch       55.7 min  1.40 MJ     95 %
        checkpoint   41.0 ms   1.90 J  < 0.1 %
          below resolution: shorter than its
          meters' update period

        Domains              method     energy
        nvml:GPU-5f8e2a7c-…  measured  1.02 MJ
        rapl:package-0       measured   404 kJ
        rapl:package-0/dram  measured  58.2 kJ
          3 gaps
        rapl:package-0/core  measured   251 kJ
          not counted: within rapl:package-0
        estimate:memory      modelled  86.0 kJ
          not counted: there is a sensor for
          it

        Health    warning: three reads failed
                  in a row: EINVAL
                  (read-failed,
                  rapl:package-0/dram, 3
                  times)
                  1 note in report.json
        Folder    .ergometer/runs/20260301-093012-mnist-cnn-k3f9
        Next      ergometer report 20260301-093012-mnist-cnn-k3f9
      "
    `)
  })

  it('names a run in another home by its folder', () => {
    const run = { ...richReport.run, folder: '/scratch/my home/runs/20260301-093012-mnist-cnn-k3f9' }
    expect(terminalReport({ ...richReport, run })).toContain(
      "Next      ergometer report '/scratch/my home/runs/20260301-093012-mnist-cnn-k3f9'\n",
    )
  })

  it('says the uncertainty of the part for which it is known, beside what was seen', () => {
    const { standardUncertaintyJoules: _, ...energy } = richReport.energy
    expect(terminalReport({ ...richReport, energy })).toContain('uncertainty unknown')
    const text = terminalReport({
      ...richReport,
      energy: { ...richReport.energy, coverage: 0.9, unobservedJoules: 148_000 },
    })
    expect(text).toContain('Energy    0.412 kWh seen, 90 % of the time (about 0.45 in all)\n')
    expect(text).toContain('          0.412 ± 0.021 kWh (95 %) of what was seen')
  })

  it('says how much water it took where that is told', () => {
    const water = { litres: 0.001_21, siteLitresPerKilowattHour: 0.12, gridLitresPerKilowattHour: 2.5 }
    expect(terminalReport({ ...richReport, water })).toContain(
      'Water     1.21 ml · site 0.120 l/kWh · grid 2.50 l/kWh\n',
    )
    expect(terminalReport(richReport)).not.toContain('Water')
  })

  it('says which factors are in the grams, what has none, and which were not recorded', () => {
    const { standardUncertaintyGrams: _, ...carbon } = richReport.carbon
    const report = {
      ...richReport,
      energy: { ...richReport.energy, facility: { pue: 1.1, overhead: 1.05, joules: 1_713_096 } },
      carbon: {
        ...carbon,
        coverage: 0.749,
        embodiedGrams: 12.5,
        estimatedShare: 0,
        intensity: {
          ...carbon.intensity,
          gramsPerKilowattHour: 48.2,
          source: 'electricity-maps',
          period: '2026-03-01T09:30:12.418Z/2026-03-01T10:30:06.900Z',
        },
        factors: {
          pue: 1.1,
          overhead: 1.05,
          embodied: { totalGrams: 1e6, lifetimeSeconds: 1e8, share: 1, hardware: 'aws:p3.2xlarge' },
          recomputed: ['source', 'overhead'],
        },
      },
    }
    const text = terminalReport(report)
    const begin = text.indexOf('  Facility')
    expect(`\n${text.slice(begin, text.indexOf('\n\n', begin))}`).toMatchInlineSnapshot(`
      "
        Facility  0.476 kWh at PUE 1.10 and overhead 1.05 · counted in the carbon
        Carbon    25.4 g CO2e · of 75 % of the energy
                  48.2 g/kWh · FR · electricity-maps, weighted by energy over time
                  average, lifecycle
                  PUE 1.10 · overhead 1.05
                  recomputed: other source, overhead than recorded
                  embodied 12.5 g CO2e beside it · aws:p3.2xlarge
        Target    accuracy 0.9000 for 0.161 kWh · 9.90 g CO2e · after 23 min 22 s
                  loss 0.2000 not reached · best 0.2131
        Delay     5.33 GJ s of energy times delay
        Forecast  0.400 kWh in all · 0.364 kWh to 0.442 kWh (95 %) · 24.6 g CO2e
                  59 min 40 s · after epoch 3 of 5
                  it took 0.412 kWh in 59 min 54 s"
    `)
    const unknown = { ...carbon.intensity, gramsPerKilowattHour: undefined }
    expect(terminalReport({ ...richReport, carbon: { ...carbon, intensity: unknown as never } })).toContain(
      '– g/kWh',
    )
  })

  it('prints no ± where nothing is known of it, nor for a true 0', () => {
    const { standardUncertaintyJoules: _, ...energy } = unsure(richReport.energy)
    const { standardUncertaintyGrams: __, ...carbon } = richReport.carbon
    expect(terminalReport({ ...richReport, energy, carbon })).not.toContain('±')
    const zero = { ...richReport.carbon, gramsCo2e: 0, standardUncertaintyGrams: 0 }
    expect(terminalReport({ ...richReport, carbon: zero })).toContain('Carbon    0 g CO2e · 12 %')
  })

  it('quotes a run id that a shell would obey', () => {
    const { folder: _, ...rest } = richReport.run
    const run = { ...rest, id: "x'; rm -rf ~" }
    expect(terminalReport({ ...richReport, run })).toContain(`ergometer report 'x'\\''; rm -rf ~'`)
  })
})
