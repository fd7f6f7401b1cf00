import { describe, expect, it } from 'vitest'
import { markdownReport } from '../src/markdown-report.ts'
import { markdownCode, markdownText } from '../src/markdown-text.ts'
import { partialReport, richReport, unknownReport } from './sample-reports.ts'

describe('markdownReport', () => {
  it('has the content of the terminal report', () => {
    expect(`\n${markdownReport(richReport)}`).toMatchInlineSnapshot(`
      "
      ## mnist-cnn

      completed · 59 min 54 s\\
      2026-03-01 09:30 UTC · on worker-3 · optimizer=adam · lr=0.001

      - Energy: **0.412 ± 0.021 kWh (95 %)** · 1.48 MJ · seen 99.8 % of the time\\
        measured: gpu by nvml, cpu + memory by rapl
      - Boundary: cpu + memory + gpu, without power supply, fans, disks · component sensors
      - Facility: 0.453 kWh at PUE 1.10 · counted in the carbon
      - Carbon: **25.4 ± 2.6 g CO2e (95 %)** · 12 % of it at estimated intensity · ± is the energy's alone\\
        56.0 g/kWh · FR · Ember yearly electricity data 2024 · average, lifecycle
      - Target: **accuracy 0.9000 for 0.161 kWh** · 9.90 g CO2e · after 23 min 22 s\\
        loss 0.2000 not reached · best 0.2131
      - Delay: 5.33 GJ s of energy times delay
      - Forecast: **0.400 kWh in all** · 0.364 kWh to 0.442 kWh (95 %) · 24.6 g CO2e · 59 min 40 s · after epoch 3 of 5\\
        it took 0.412 kWh in 59 min 54 s

      | Work | done | per joule | energy each | CO2e each |
      | --- | --: | --: | --: | --: |
      | samples | 300 000 | 0.202 | 4.94 J | 84.7 µg |
      | flops | 124 PFLOP | 83.6 GFLOP | 12.0 pJ | 0.205 fg |

      | Scores | first → last | best | better | per kWh | last gain/kWh |
      | --- | --: | --: | --- | --: | --: |
      | accuracy | 0.1123 → 0.9341 | 0.9412 | higher | 2.27 | 2.01 |
      | loss | 2.301 → 0.2145 | 0.2131 | lower | – | – |

      | Phases | times | duration | energy | each | share | mean | samples/J | note |
      | --- | --: | --: | --: | --: | --: | --: | --: | --- |
      | load data | 1 | 1.02 min | 12.4 kJ | 12.4 kJ | 0.8 % | 203 W | – |  |
      | epoch | 5 | 55.7 min | 1.40 MJ | 280 kJ | 95 % | 420 W | 0.214 |  |
      | checkpoint | 5 | 41.0 ms | 1.90 J | 380 mJ | &lt; 0.1 % | – | – | below resolution: shorter than its meters' update period |

      | Domains | method | energy | ± 95 % | share | seen | mean | peak | note |
      | --- | --- | --: | --: | --: | --: | --: | --: | --- |
      | nvml:GPU-5f8e2a7c-91d4-4b0e-a3c6-7d2f1e9b8a40 | measured | 1.02 MJ | 72 kJ | 69 % | 100 % | 284 W | 391 W |  |
      | rapl:package-0 | measured | 404 kJ | – | 27 % | 100 % | 112 W | 187 W |  |
      | rapl:package-0/dram | measured | 58.2 kJ | – | 3.9 % | 99.8 % | 16.2 W | 24.9 W | 3 gaps |
      | rapl:package-0/core | measured | 251 kJ | – | – | 100 % | 69.8 W | 130 W | not counted: within rapl:package-0 |
      | estimate:memory | modelled | 86.0 kJ | – | – | 100 % | 23.9 W | 23.9 W | not counted: there is a sensor for it |

      - Health: warning: three reads failed in a row: EINVAL (read-failed, rapl:package-0/dram, 3 times)\\
        1 note in report.json
      - Folder: \`.ergometer/runs/20260301-093012-mnist-cnn-k3f9\`
      - Next: \`ergometer report 20260301-093012-mnist-cnn-k3f9\`
      "
    `)
  })

  it('says what is unknown, and what was seen', () => {
    expect(markdownReport(unknownReport)).toContain('- Energy: unknown · no energy could be metered')
    expect(markdownReport(partialReport)).toContain(
      '**0.371 kWh seen, 90 % of the time (about 0.41 in all)**',
    )
  })

  it('escapes hostile names', () => {
    const run = {
      ...richReport.run,
      name: '<img src=x onerror=alert(1)>\n# [x](javascript:x) `| **b** @somebody',
    }
    expect(markdownReport({ ...richReport, run }).split('\n')[0]).toMatchInlineSnapshot(
      `"## &lt;img src=x onerror=alert(1)&gt; \\# \\[x\\](javascript:x) \\\`\\| \\*\\*b\\*\\* @<!-- -->somebody"`,
    )
  })
})

it.each([
  ['a|b', 'a\\|b'],
  ['- item', '\\- item'],
  ['1. item', '1\\. item'],
  ['0.412', '0.412'],
  ['https://example.org', 'https\\://example.org'],
  ['www.example.org', 'www\\.example.org'],
  ['a & b &amp;', 'a &amp; b &amp;amp;'],
])('escapes %j', (text, escaped) => expect(markdownText(text)).toBe(escaped))

it.each([
  ['ergometer report x', '`ergometer report x`'],
  ['a`b', '`` a`b ``'],
  ['``', '``` `` ```'],
  ['', ''],
])('writes %j as a code span', (text, code) => expect(markdownCode(text)).toBe(code))
