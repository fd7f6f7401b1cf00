import type { Report, ReportDomain } from '@ergometer/core'
import { type Fact, type Line, phrase } from './phrase.ts'

type Energy = Report['energy']
type Level = NonNullable<Energy['boundary']['level']>

const LEVELS: Readonly<Record<Level, string>> = {
  components: 'component sensors',
  module: 'whole module',
  host: 'whole host',
  model: 'power model',
}

/** The order in which people name the parts of a computer. */
const ORDER = ['cpu', 'memory', 'gpu', 'accelerator', 'module', 'storage', 'network', 'host', 'other']

/** What no sensor of a part sees, and its kind where that may be metered too. */
const AROUND: readonly { readonly name: string; readonly kind?: string }[] = [
  { name: 'power supply' },
  { name: 'fans' },
  { name: 'disks', kind: 'storage' },
]

/** What the total holds, and what it lacks: `cpu + memory + gpu, without power supply, fans, disks`. */
export function boundaryFact({ domains, boundary: { level, missing } }: Energy): Fact {
  const counted = domains.filter((domain) => domain.counted)
  const inside = kindsOf(counted.filter(({ coverage }) => coverage > 0))
  const whys = [...new Set(missing.map(({ why }) => why))]
  // A reason that is all there is to say fits on the line itself.
  const brief = inside !== '' && whys.length === 1 && missing.every(({ kind, label }) => kind === label)
  const kinds = new Set(missing.map(({ kind }) => kind))
  const lacking = [...kinds].join(', ') + (brief ? ` (${whys[0]})` : '')
  const around = inside !== '' && level !== 'host' ? unseen(new Set([...kinds, ...counted.map(kindOf)])) : []
  const outside = [...(kinds.size > 0 ? [lacking] : []), ...around].join(', ')
  const line = [
    phrase(inside === '' ? 'nothing metered' : `${inside}${outside === '' ? '' : `, without ${outside}`}`),
    ...(level === undefined ? [] : [phrase(LEVELS[level], 'dim')]),
  ]
  return { label: 'Boundary', lines: brief ? [line] : [line, ...reasons(missing)] }
}

/** The kinds of domains, each once: `cpu + memory + gpu`. */
export function kindsOf(domains: readonly ReportDomain[]): string {
  const kinds = [...new Set(domains.map(kindOf))]
  return kinds.sort((a, b) => ORDER.indexOf(a) - ORDER.indexOf(b)).join(' + ')
}

/** What surrounds the parts that are metered, but for kinds that are told of already. */
function unseen(told: ReadonlySet<string>): string[] {
  return AROUND.filter(({ kind }) => kind === undefined || !told.has(kind)).map(({ name }) => name)
}

/** What is missing, by the reason: `8 × NVIDIA A100, gpu: no meter`. */
function reasons(missing: Energy['boundary']['missing']): Line[] {
  return [...new Set(missing.map(({ why }) => why))].map((why) => {
    const labels = missing.filter((one) => one.why === why).map(({ label }) => label)
    const things = [...new Set(labels)].map((label) => {
      const count = labels.filter((other) => other === label).length
      return count > 1 ? `${count} × ${label}` : label
    })
    return [phrase(`${things.join(', ')}: ${why}`, 'dim')]
  })
}

function kindOf({ kind }: ReportDomain): string {
  return kind
}
