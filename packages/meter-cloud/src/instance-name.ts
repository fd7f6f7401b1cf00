import type { Provider } from './provider.ts'

/** An instance type's name, taken apart. */
export interface InstanceName {
  /** What it has in common with the other sizes: `m5`, `n2-standard`, `D*s_v5`. */
  readonly family: string
  /** `4xlarge`, `8`, `highgpu`'s `1g`. */
  readonly size: string
  /** vCPUs, as far as the name tells by itself. */
  readonly vCpus?: number
  /** Of a custom type, whose name tells its memory. */
  readonly gigabytes?: number
}

/** Family and size of an instance type; undefined for what is no name of an instance of that provider. */
export function splitInstanceName(provider: Provider, instanceType: string): InstanceName | undefined {
  return readers[provider](instanceType.trim())
}

const readers: Readonly<Record<Provider, (name: string) => InstanceName | undefined>> = {
  aws(name) {
    const [, family, size] = /^([a-z0-9-]+)\.([a-z0-9-]+)$/.exec(name.toLowerCase()) ?? []
    if (family === undefined || size === undefined) return undefined
    const [, times, exact] = /^(\d*)(x?large)$/.exec(size) ?? []
    const vCpus = exact === 'large' ? 2 : exact === 'xlarge' ? 4 * Number(times || 1) : undefined
    return { family, size, ...(vCpus === undefined ? {} : { vCpus }) }
  },
  gcp(name) {
    const plain = name.toLowerCase().replace(/-(lssd|ext)$/, '')
    const [, series = 'n1', count, megabytes] = /^(?:([a-z0-9]+)-)?custom-(\d+)-(\d+)$/.exec(plain) ?? []
    if (count !== undefined) {
      return {
        family: `${series}-custom`,
        size: count,
        vCpus: Number(count),
        gigabytes: Number(megabytes) / 1024,
      }
    }
    const [, family, size] = /^([a-z0-9-]+)-([a-z0-9]+)$/.exec(plain) ?? []
    if (family === undefined || size === undefined) return undefined
    return { family, size, ...(/^[1-9]\d{0,3}$/.test(size) ? { vCpus: Number(size) } : {}) }
  },
  azure(name) {
    const plain = name.replace(/^(Standard|Basic)_/i, '').replace(/_Promo$/i, '')
    const [, letters, count, fewer, features = '', rest = ''] =
      /^([A-Z]+)(\d{1,4})(?:-(\d{1,4}))?([a-z]*)((?:_[A-Za-z0-9]+)*)$/.exec(plain) ?? []
    if (letters === undefined || count === undefined) return undefined
    const family = `${letters}*${features}${rest}`
    const size = fewer === undefined ? count : `${count}-${fewer}`
    // Numbers have been counts of vCPUs since the third version.
    const counts = fewer !== undefined || /_v[3-9]$/.test(rest)
    return { family, size, ...(counts ? { vCpus: Number(fewer ?? count) } : {}) }
  },
}
