import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = '/sys/fs/cgroup'

/**
 * The control group (version 2) of a process, if all that is in it, and in the groups below it, is among
 * `processes`: its folder. A group that others share says nothing of one run.
 */
export function findOwnCgroup(pid: number, processes: ReadonlySet<number>): string | undefined {
  try {
    const path = /^0::(\/.*)$/m.exec(readFileSync(`/proc/${pid}/cgroup`, 'utf8'))?.[1]
    if (path === undefined || path.split('/').includes('..')) return undefined
    const folder = join(ROOT, path)
    return readCgroupSeconds(folder) !== undefined && holdsOnly(folder, processes) ? folder : undefined
  } catch {
    return undefined
  }
}

/** CPU seconds that all processes of a control group have taken since it was made, ended ones included. */
export function readCgroupSeconds(folder: string): number | undefined {
  try {
    const micro = /^usage_usec (\d+)$/m.exec(readFileSync(join(folder, 'cpu.stat'), 'utf8'))?.[1]
    return micro === undefined ? undefined : Number(micro) / 1e6
  } catch {
    return undefined
  }
}

function holdsOnly(folder: string, processes: ReadonlySet<number>): boolean {
  const inside = readFileSync(join(folder, 'cgroup.procs'), 'utf8').trim()
  if (inside !== '' && !inside.split('\n').every((pid) => processes.has(Number(pid)))) return false
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .every((entry) => holdsOnly(join(folder, entry.name), processes))
}
