import { splitInstanceName } from './instance-name.ts'
import { instanceTable } from './instance-table.ts'
import type { Provider } from './provider.ts'

/** What is known of an instance type. */
export interface InstanceRow {
  /** Micro-architectures that its machine may have; none: unknown. */
  readonly processors: readonly string[]
  readonly known: 'type' | 'family'
  readonly vCpus?: number
  readonly gigabytes?: number
  /** Short name, and how many: below 1 where the instance has a part of one. */
  readonly accelerator?: { readonly name: string; readonly count: number }
}

interface Family {
  readonly name: string
  readonly processors: readonly string[]
  readonly accelerator: string
  readonly sizes: string
}

/** The row of an instance type, or what its family has in common; undefined where not even that is in the table. */
export function findInstance(provider: Provider, instanceType: string): InstanceRow | undefined {
  const name = splitInstanceName(provider, instanceType)
  if (!name) return undefined
  const families = familiesOf(provider)
  const own = families.filter((family) => family.name === name.family)
  for (const { processors, accelerator, sizes } of own) {
    const [, vCpus, gigabytes, count] =
      sizes
        .split(' ')
        .map((size) => size.split(':'))
        .find(([size]) => size === name.size) ?? []
    if (vCpus === undefined) continue
    return {
      processors,
      known: 'type',
      vCpus: Number(vCpus),
      gigabytes: Number(gigabytes),
      ...(count === undefined ? {} : { accelerator: { name: accelerator, count: quotient(count) } }),
    }
  }
  const near = own[0] ?? nearest[provider](name.family, families)
  if (!near) return undefined
  const { processors } = near
  const { vCpus, gigabytes } = name
  // The name of a custom type says all that a row would.
  if (vCpus === undefined || gigabytes === undefined) return { processors, known: 'family' }
  return { processors, known: 'type', vCpus, gigabytes }
}

function familiesOf(provider: Provider): Family[] {
  return instanceTable[provider].split('\n').map((line) => {
    const [name = '', processors = '', accelerator = '', sizes = ''] = line.split(',')
    return { name, processors: processors === '' ? [] : processors.split(' '), accelerator, sizes }
  })
}

/** `1/6` of a GPU. */
function quotient(text: string): number {
  const [over, under = '1'] = text.split('/')
  return Number(over) / Number(under)
}

/** The family with the same kind of machine, where a family is in no table: letters behind it stand for disks and network. */
const nearest: Readonly<
  Record<Provider, (family: string, families: readonly Family[]) => Family | undefined>
> = {
  aws(family, families) {
    for (let name = family; /[a-z]$/.test(name); name = name.slice(0, -1)) {
      const found = families.find((one) => one.name === name)
      if (found) return found
    }
    return undefined
  },
  gcp(family, families) {
    const series = `${family.split('-')[0]}-`
    return families.find((one) => one.name.startsWith(series) && one.accelerator === '')
  },
  azure(family, families) {
    const machine = (name: string) => /^([A-Z]+)\*([ap]?)[a-z]*(_.*)?$/.exec(name)?.slice(1).join('|')
    return families.find((one) => machine(one.name) === machine(family))
  },
}
