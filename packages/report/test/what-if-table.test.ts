import { expect, it } from 'vitest'
import { markdownReport } from '../src/markdown-report.ts'
import { terminalReport } from '../src/terminal-report.ts'
import { askedReport, modelledReport } from './sample-reports.ts'

/** The part of a report that begins with this text, up to the end of `last`. */
function between(text: string, begin: string, end: string): string {
  return text.slice(text.indexOf(begin), text.indexOf(end))
}

it('holds the run against other zones, and what is of another basis against none', () => {
  expect(`\n${between(terminalReport(askedReport), '  What if', '  Folder')}`).toMatchInlineSnapshot(`
    "
      What if          CO2e  against it  g/kWh  counts
      this run, FR  28.0 mg           –   56.0  average, lifecycle
      DE             171 mg      +511 %    342  average, lifecycle
      US-CA          104 mg           –    208  average, direct
        not comparable: average, direct; the run's is average, lifecycle

      About as much as              amount
      full charges of a smartphone   0.026
        US EPA, Greenhouse Gas Equivalencies Calculator, 2024; public domain
        https://www.epa.gov/energy/calculations

    "
  `)
})

it('says of intensity that changes whose it is, and not when the run was', () => {
  const { carbon } = askedReport
  const period = '2026-03-01T09:30:12.418Z/2026-03-01T10:30:06.900Z'
  const intensity = { ...carbon.intensity, source: 'csv', period }
  const text = terminalReport({ ...askedReport, carbon: { ...carbon, intensity } }, { columns: 120 })
  expect(text).toMatch(/this run, FR .* csv over time\n/)
})

it('leaves an address in one piece, to follow', () => {
  const sourceUrl = `https://www.epa.gov/${'a-long-way/'.repeat(9)}`
  const equivalents = askedReport.equivalents?.map((one) => ({ ...one, sourceUrl }))
  const lines = terminalReport({ ...askedReport, ...(equivalents ? { equivalents } : {}) }).split('\n')
  expect(lines).toContain(`    ${sourceUrl}`)
})

it('says the same in Markdown', () => {
  expect(`\n${between(markdownReport(askedReport), '| What if', '- Folder')}`).toMatchInlineSnapshot(`
    "
    | What if | CO2e | against it | g/kWh | counts | figure of | note |
    | --- | --: | --: | --: | --- | --- | --- |
    | this run, FR | 28.0 mg | – | 56.0 | average, lifecycle | Ember yearly electricity data 2024 |  |
    | DE | 171 mg | \\+511 % | 342 | average, lifecycle | Ember yearly electricity data 2024 |  |
    | US-CA | 104 mg | – | 208 | average, direct | EPA eGRID 2022 | not comparable: average, direct; the run's is average, lifecycle |

    | About as much as | amount | note |
    | --- | --: | --- |
    | full charges of a smartphone | 0.026 | US EPA, Greenhouse Gas Equivalencies Calculator, 2024; public domain; https\\://www\\.epa.gov/energy/calculations |

    "
  `)
})

it('says nothing of either unless asked', () => {
  for (const text of [terminalReport(modelledReport), markdownReport(modelledReport)]) {
    expect(text).not.toContain('What if')
    expect(text).not.toContain('as much as')
  }
})
