import type { Report, ReportDomain } from '@ergometer/core'
import { isPartial } from './coverage.ts'
import { phrase } from './phrase.ts'
import { formatJoules, formatPlusMinus, formatShare, formatWatts } from './quantity.ts'
import { methodTone } from './style.ts'
import { PLUS_MINUS, type Row, type Table, table } from './table.ts'

const BAR_CELLS = 6
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉']

/** The energy of every domain; those outside the total are marked, with the reason. */
export function domainTable({ energy: { domains, joules } }: Report): Table {
  const counted = domains.filter((domain) => domain.counted)
  const others = domains.filter((domain) => !domain.counted)
  const sure = domains.some((domain) => domain.standardUncertaintyJoules !== undefined)
  return table(
    [
      { heading: 'Domains' },
      { heading: 'method' },
      { heading: 'energy', align: 'right' },
      ...(sure ? [PLUS_MINUS] : []),
      { heading: 'share', align: 'right', dispensable: 1 },
      { heading: '', drawing: true, dispensable: 5 },
      { heading: 'seen', align: 'right', dispensable: 2 },
      { heading: 'mean', align: 'right', dispensable: 3 },
      { heading: 'peak', align: 'right', dispensable: 4 },
    ],
    [...counted, ...others].map((domain) => domainRow(domain, counted, joules, sure)),
  )
}

function domainRow(
  domain: ReportDomain,
  counted: readonly ReportDomain[],
  total: number | undefined,
  sure: boolean,
): Row {
  const share = domain.counted && domain.joules !== undefined && total ? domain.joules / total : undefined
  const row: Row = {
    cells: [
      phrase(domain.id),
      phrase(domain.method, methodTone(domain.method)),
      phrase(formatJoules(domain.joules)),
      ...(sure ? [phrase(formatPlusMinus(domain.standardUncertaintyJoules))] : []),
      phrase(formatShare(share)),
      phrase(bar(share), domain.method === 'measured' ? 'accent' : 'caution'),
      phrase(formatShare(domain.coverage), isPartial(domain.coverage) ? 'caution' : undefined),
      phrase(formatWatts(domain.meanWatts)),
      phrase(formatWatts(domain.peakWatts)),
    ],
    notes: [...(domain.counted ? [] : [`not counted: ${whyNot(domain, counted)}`]), ...trouble(domain)],
  }
  return domain.counted ? row : { ...row, aside: true }
}

function bar(share: number | undefined): string {
  if (share === undefined || share <= 0) return ''
  const eighths = Math.max(Math.round(Math.min(share, 1) * BAR_CELLS * 8), 1)
  return '█'.repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? '')
}

/** The rule of the boundary that left a domain out, as far as the report tells. */
function whyNot(domain: ReportDomain, counted: readonly ReportDomain[]): string {
  if (domain.within !== undefined) return `within ${domain.within}`
  const same = counted.find(({ identity }) => identity !== undefined && identity === domain.identity)
  if (same !== undefined) return `the same as ${same.id}`
  if (domain.joules === undefined) return 'nothing was read'
  if (domain.method === 'modelled') return 'there is a sensor for it'
  return 'overlaps with what is counted'
}

function trouble({ gaps, resets }: ReportDomain): string[] {
  const found = [plural(gaps, 'gap'), plural(resets, 'reset')].filter((text) => text !== '')
  return found.length === 0 ? [] : [found.join(', ')]
}

function plural(count: number, noun: string): string {
  if (count === 0) return ''
  return count === 1 ? `1 ${noun}` : `${count} ${noun}s`
}
