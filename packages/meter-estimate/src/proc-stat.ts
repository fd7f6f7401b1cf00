/** CPU time since boot over all logical CPUs, in jiffies of USER_HZ. */
export interface CpuJiffies {
  /** At work: user, nice, system, irq, softirq. */
  readonly busy: number
  /** All that passed: busy, idle, waiting for I/O, and what a hypervisor gave to others. */
  readonly total: number
}

/** Jiffies a second in `/proc/stat`: USER_HZ, 100 on every architecture that Node runs on. */
export const JIFFIES_PER_SECOND = 100

/**
 * The first line of `/proc/stat` (proc_stat(5)); undefined when it is not one, or counts nothing, as in some sandboxes.
 * Waiting for I/O is not work. Guest time is already inside user and nice. Stolen time passed, but not in work of ours.
 */
export function parseProcStat(text: string): CpuJiffies | undefined {
  const line = /^cpu +(\d+(?: +\d+){3,})/m.exec(text)?.[1]
  if (line === undefined) return undefined
  const [user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0] = line
    .split(/ +/)
    .map(Number)
  const busy = user + nice + system + irq + softirq
  const total = busy + idle + iowait + steal
  return total > 0 ? { busy, total } : undefined
}

/** Logical CPUs that `/proc/stat` lists: those online. */
export function countCpus(text: string): number {
  return text.match(/^cpu\d+ /gm)?.length ?? 0
}
