import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { MeterContext } from '@ergometer/meter'
import { readWhole } from './read-head.ts'

/** A cap on what this process's control group may use of something, and how much of it the group uses. */
export interface CgroupLimit {
  /** CPUs (not necessarily whole), or bytes. */
  readonly limit: number
  /** CPU-seconds used since the group began, or bytes in use; undefined when that cannot be read now. */
  readonly used: () => number | undefined
}

/** Control group version 1 writes "no limit" as a number near 2^63, rounded down to a page. */
const NO_LIMIT_BYTES = 2 ** 60

/** The smallest cap in CPUs on this process's group or one above it: a quota, or a set of CPUs. */
export function readCpuLimit(context: Pick<MeterContext, 'sysRoot' | 'procRoot'>): CgroupLimit | undefined {
  const { unified, controller } = groupFolders(context)
  const limits = [
    ...unified.flatMap((folder) => {
      const used = () => scaled(/^usage_usec (\d+)/m.exec(text(folder, 'cpu.stat'))?.[1], 1e-6)
      return [
        { limit: quota(...text(folder, 'cpu.max').split(/\s+/)), used },
        { limit: countList(text(folder, 'cpuset.cpus.effective')), used },
      ]
    }),
    // Version 1 keeps quota, CPU set and accounting in trees of their own, which containers usually mirror.
    ...zip(controller('cpu'), controller('cpuacct')).map(([folder, accounting]) => ({
      limit: quota(text(folder, 'cpu.cfs_quota_us'), text(folder, 'cpu.cfs_period_us')),
      used: cpuAccount(accounting),
    })),
    ...zip(controller('cpuset'), controller('cpuacct')).map(([folder, accounting]) => ({
      limit: countList(text(folder, 'cpuset.effective_cpus') || text(folder, 'cpuset.cpus')),
      used: cpuAccount(accounting),
    })),
  ]
  return smallest(limits)
}

/** The smallest cap in bytes of memory on this process's group or one above it. */
export function readMemoryLimit(
  context: Pick<MeterContext, 'sysRoot' | 'procRoot'>,
): CgroupLimit | undefined {
  const { unified, controller } = groupFolders(context)
  const limits = [
    ...unified.map((folder) => ({
      limit: scaled(text(folder, 'memory.max'), 1),
      used: () => scaled(text(folder, 'memory.current'), 1),
    })),
    ...controller('memory').map((folder) => ({
      limit: scaled(text(folder, 'memory.limit_in_bytes'), 1),
      used: () => scaled(text(folder, 'memory.usage_in_bytes'), 1),
    })),
  ]
  return smallest(limits.filter(({ limit }) => limit !== undefined && limit < NO_LIMIT_BYTES))
}

/** The folders of this process's group and those above it, innermost first: the root's last. */
function groupFolders({ sysRoot, procRoot }: Pick<MeterContext, 'sysRoot' | 'procRoot'>) {
  const root = join(sysRoot, 'fs/cgroup')
  const memberships = Array.from(text(procRoot, 'self/cgroup').matchAll(/^\d+:([^:]*):(.*)$/gm))
  const folders = (hierarchy: string, controller: string) =>
    upwards(
      join(root, hierarchy),
      memberships.find(([, controllers = '']) => controllers.split(',').includes(controller))?.[2] ?? '',
    )
  return {
    // The unified hierarchy is the membership without controllers.
    unified: existsSync(join(root, 'cgroup.controllers')) ? folders('', '') : [],
    controller: (name: string) => (existsSync(join(root, name)) ? folders(name, name) : []),
  }
}

/** `/a/b` below a root: its folders `root/a/b`, `root/a`, `root`. A path seen from another namespace has `..` in it and is skipped. */
function upwards(root: string, path: string): string[] {
  const parts = path.split('/').filter((part) => part !== '')
  if (parts.includes('..')) return [root]
  return Array.from({ length: parts.length + 1 }, (_, above) =>
    join(root, ...parts.slice(0, parts.length - above)),
  )
}

function smallest(
  limits: readonly { limit: number | undefined; used: CgroupLimit['used'] }[],
): CgroupLimit | undefined {
  return limits.reduce<CgroupLimit | undefined>(
    (best, { limit, used }) =>
      limit !== undefined && (best === undefined || limit < best.limit) ? { limit, used } : best,
    undefined,
  )
}

/** CPUs of a quota per period; `max`, -1 and what is missing are none. */
function quota(quotaText = '', periodText = ''): number | undefined {
  const cpus = Number.parseInt(quotaText, 10) / Number.parseInt(periodText, 10)
  return cpus > 0 && cpus < Number.POSITIVE_INFINITY ? cpus : undefined
}

/** CPUs in a list such as `0-3,8`. */
function countList(list: string): number | undefined {
  const count = Array.from(list.matchAll(/(\d+)(?:-(\d+))?/g), ([, first, last = first]) =>
    Math.max(0, Number(last) - Number(first) + 1),
  ).reduce((sum, length) => sum + length, 0)
  return count > 0 ? count : undefined
}

function cpuAccount(folder: string | undefined): CgroupLimit['used'] {
  return () => (folder === undefined ? undefined : scaled(text(folder, 'cpuacct.usage'), 1e-9))
}

function scaled(digits: string | undefined, unit: number): number | undefined {
  return digits !== undefined && /^\d+$/.test(digits.trim()) ? Number(digits) * unit : undefined
}

function zip(folders: readonly string[], others: readonly string[]): [string, string | undefined][] {
  return folders.map((folder, index) => [folder, others[index]])
}

/** Most of these files are missing on most machines: an empty text is the answer then. */
function text(folder: string, name: string): string {
  try {
    return readWhole(join(folder, name)).trimEnd()
  } catch {
    return ''
  }
}
