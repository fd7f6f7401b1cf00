import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import type { ProcessEntry } from './process-tree.ts'

/** Clock ticks a second in `/proc`: USER_HZ, 100 on every architecture that Node runs on. */
const TICKS_PER_SECOND = 100

/** All processes that this process's own `/proc` shows; undefined where there is none. */
export function readProcessTable(): ProcessEntry[] | undefined {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap((name) => readProcess(name) ?? [])
  } catch {
    return undefined
  }
}

/** One process by its number; undefined when there is none. */
export function readProcess(name: number | string): ProcessEntry | undefined {
  try {
    return parseProcessStat(readFileSync(`/proc/${name}/stat`, 'latin1'))
  } catch {
    return undefined
  }
}

/** `/proc/<pid>/stat` (proc_pid_stat(5)); undefined when it is not that. The name, in brackets, may hold anything. */
export function parseProcessStat(text: string): ProcessEntry | undefined {
  const end = text.lastIndexOf(')')
  const fields = text.slice(end + 2).split(' ')
  const pid = Number.parseInt(text, 10)
  const seconds = (field: number) => Number(fields[field]) / TICKS_PER_SECOND
  const entry = {
    pid,
    parent: Number(fields[1]),
    start: fields[19] ?? '',
    own: seconds(11) + seconds(12),
    reaped: seconds(13) + seconds(14),
  }
  const numbers = [pid, entry.parent, entry.own, entry.reaped]
  return end > 0 && entry.start !== '' && numbers.every(Number.isFinite) ? entry : undefined
}

/** Number of the first namespace of processes (kernel, PROC_PID_INIT_INO): the one that drivers count in. */
const FIRST_NAMESPACE = 'pid:[4026531836]'

/** True if this process sees processes by the numbers that drivers know them by: not so in most containers. */
export function seesHostProcesses(): boolean {
  try {
    return readlinkSync('/proc/self/ns/pid') === FIRST_NAMESPACE
  } catch {
    return false
  }
}

/** Seconds that all CPUs together have been at work since boot, from `/proc/stat`; undefined where it does not tell. */
export function readBusySeconds(): number | undefined {
  try {
    return parseBusySeconds(readFileSync('/proc/stat', 'latin1'))
  } catch {
    return undefined
  }
}

/** User, nice, system and interrupts of the first line of `/proc/stat` (proc_stat(5)): neither waiting nor what a hypervisor took. */
export function parseBusySeconds(text: string): number | undefined {
  const numbers = /^cpu +(\d+(?: +\d+){3,})/m.exec(text)?.[1]?.split(/ +/).map(Number)
  if (numbers === undefined) return undefined
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = numbers
  const ticks = user + nice + system + irq + softirq
  return ticks > 0 ? ticks / TICKS_PER_SECOND : undefined
}
