/** What the system says of its CPUs. */
export interface CpuIdentity {
  /** The model's name, or the best that can be made of what is there; `unknown CPU` if nothing is. */
  readonly name: string
  /** Distinct physical packages; absent where `/proc/cpuinfo` does not tell (ARM, some virtual machines). */
  readonly sockets?: number
  /** Logical CPUs that are online; 0 when none is listed. */
  readonly logicalCpus: number
  /** The hypervisor flag of x86. ARM has none: false there proves nothing. */
  readonly virtualised: boolean
}

/** Part numbers of ARM's own cores (MIDR, as in the kernel's arch/arm64/include/asm/cputype.h), implementer 0x41. */
const ARM_PARTS: Readonly<Record<string, string>> = {
  '0xd03': 'Cortex-A53',
  '0xd08': 'Cortex-A72',
  '0xd0b': 'Cortex-A76',
  '0xd0c': 'Neoverse-N1',
  '0xd40': 'Neoverse-V1',
  '0xd49': 'Neoverse-N2',
  '0xd4f': 'Neoverse-V2',
  '0xd84': 'Neoverse-V3',
}

/** Other makers' cores, by MIDR implementer. */
const IMPLEMENTERS: Readonly<Record<string, string>> = {
  '0x43': 'ThunderX',
  '0x48': 'Kunpeng',
  '0x61': 'Apple',
  '0xc0': 'Ampere',
}

/** Reads the text of `/proc/cpuinfo`: x86's, or ARM's, which has no model name. Pure. */
export function parseCpuInfo(text: string): CpuIdentity {
  const field = (name: string) => new RegExp(`^${name}[ \\t]*:[ \\t]*(.*\\S)`, 'm').exec(text)?.[1]
  const packages = new Set(Array.from(text.matchAll(/^physical id[ \t]*:[ \t]*(\d+)/gm), ([, id]) => id))
  return {
    name: field('model name') ?? armName(field) ?? field('cpu') ?? field('Model') ?? 'unknown CPU',
    ...(packages.size > 0 ? { sockets: packages.size } : {}),
    logicalCpus: text.match(/^processor[ \t]*:[ \t]*\d+/gm)?.length ?? 0,
    virtualised: /^flags[ \t]*:.*\bhypervisor\b/m.test(text),
  }
}

function armName(field: (name: string) => string | undefined): string | undefined {
  const implementer = field('CPU implementer')
  if (implementer === undefined) return undefined
  return implementer === '0x41' ? ARM_PARTS[field('CPU part') ?? ''] : IMPLEMENTERS[implementer]
}
