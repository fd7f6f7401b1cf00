import { join } from 'node:path'
import { type MeterContext, MeterError } from '@ergometer/meter'
import { type CgroupLimit, readCpuLimit, readMemoryLimit } from './cgroup-limit.ts'
import { type CpuIdentity, parseCpuInfo } from './cpu-identity.ts'
import type { Machine } from './machine.ts'
import { parseMemInfo } from './proc-meminfo.ts'
import { countCpus, JIFFIES_PER_SECOND, parseProcStat } from './proc-stat.ts'
import { readHead, readWhole, unexpected } from './read-head.ts'

/**
 * Linux, by the context's `/proc` and `/sys`.
 * @throws MeterError outcome retry, when `/proc/stat` cannot be read or counts nothing
 */
export function openLinuxMachine(context: Pick<MeterContext, 'sysRoot' | 'procRoot'>): Machine {
  const statPath = join(context.procRoot, 'stat')
  const meminfoPath = join(context.procRoot, 'meminfo')
  const stat = readWhole(statPath)
  if (parseProcStat(stat) === undefined) throw unexpected(statPath, 'CPU times of all CPUs, not all 0')

  const identity = identify(context, countCpus(stat))
  const cpuLimit = below(readCpuLimit(context), identity.logicalCpus)
  const memoryLimit = readMemoryLimit(context)
  // Where the group's own use cannot be read, that of the machine stands for it: decided once, for the two do not mix.
  const ownCpuTime = cpuLimit?.used() !== undefined
  const ownMemory = memoryLimit?.used() !== undefined
  return {
    ...identity,
    cpuShare: cpuLimit === undefined ? 1 : cpuLimit.limit / identity.logicalCpus,
    cpuTimes(seconds) {
      if (cpuLimit !== undefined && ownCpuTime) {
        return { busySeconds: usedNow(cpuLimit), totalSeconds: seconds * cpuLimit.limit }
      }
      const jiffies = parseProcStat(readHead(statPath))
      if (jiffies === undefined) throw unexpected(statPath, 'CPU times of all CPUs, not all 0')
      return {
        busySeconds: jiffies.busy / JIFFIES_PER_SECOND,
        totalSeconds: cpuLimit ? seconds * cpuLimit.limit : jiffies.total / JIFFIES_PER_SECOND,
      }
    },
    memoryBytesInUse() {
      const memory = parseMemInfo(readHead(meminfoPath))
      if (memory === undefined) throw unexpected(meminfoPath, 'MemTotal and MemAvailable')
      const limit = below(memoryLimit, memory.totalBytes)
      if (limit === undefined) return memory.bytesInUse
      return Math.min(limit.limit, ownMemory ? usedNow(limit) : memory.bytesInUse)
    },
  }
}

function usedNow(limit: CgroupLimit): number {
  const used = limit.used()
  if (used !== undefined) return used
  throw new MeterError("this control group's use can no longer be read", {
    outcome: 'retry',
    code: 'ESTIMATE_UNREADABLE',
  })
}

/** A limit that limits. */
function below(limit: CgroupLimit | undefined, whole: number): CgroupLimit | undefined {
  return limit !== undefined && limit.limit < whole ? limit : undefined
}

function identify(
  context: Pick<MeterContext, 'sysRoot' | 'procRoot'>,
  cpusInStat: number,
): Required<CpuIdentity> {
  const identity = parseCpuInfo(optional(join(context.procRoot, 'cpuinfo')))
  const logicalCpus = cpusInStat || identity.logicalCpus || 1
  return {
    ...identity,
    logicalCpus,
    sockets: identity.sockets ?? countPackages(context.sysRoot, logicalCpus),
    virtualised: identity.virtualised || isVirtualHardware(context.sysRoot),
  }
}

/** Distinct packages by sysfs, for ARM, whose `/proc/cpuinfo` does not tell; at least one. */
function countPackages(sysRoot: string, logicalCpus: number): number {
  const packages = new Set(
    Array.from({ length: logicalCpus }, (_, cpu) =>
      optional(join(sysRoot, `devices/system/cpu/cpu${cpu}/topology/physical_package_id`)).trim(),
    ).filter((id) => /^\d+$/.test(id)),
  )
  return Math.max(1, packages.size)
}

/** ARM has no hypervisor flag; the firmware's names tell. A cloud's `.metal` instances bear its name and are real. */
function isVirtualHardware(sysRoot: string): boolean {
  const dmi = ['sys_vendor', 'product_name']
    .map((name) => optional(join(sysRoot, 'class/dmi/id', name)))
    .join(' ')
  return (
    !/\bmetal\b/i.test(dmi) &&
    /Virtual|\b(QEMU|KVM|Amazon EC2|Compute Engine|VMware|Xen|Parallels|OpenStack)\b/i.test(dmi)
  )
}

function optional(path: string): string {
  try {
    return readWhole(path)
  } catch {
    return ''
  }
}
