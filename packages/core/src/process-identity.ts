import { readFileSync } from 'node:fs'
import { isObject } from './untrusted.ts'

/** A process that can be told from a later one with the same number. */
export interface ProcessIdentity {
  readonly pid: number
  /** Start time in clock ticks since boot (Linux). */
  readonly processStart?: string
  /** Of this boot of the host (Linux). */
  readonly bootId?: string
}

/** Identity of a running process; of this one by default. Always of this process's own `/proc`. */
export function processIdentity(pid = process.pid): ProcessIdentity {
  const processStart = startOf(pid)
  const bootId = readBootId()
  return { pid, ...(processStart ? { processStart } : {}), ...(bootId ? { bootId } : {}) }
}

/** True for an identity that a file tells. */
export function isProcessIdentity(value: unknown): value is ProcessIdentity {
  const isText = (one: unknown) => one === undefined || typeof one === 'string'
  return (
    isObject(value) &&
    Number.isSafeInteger(value['pid']) &&
    isText(value['processStart']) &&
    isText(value['bootId'])
  )
}

/** What a process is called where only its number and the host's boot are known. */
export function processName({ pid, bootId }: ProcessIdentity): string {
  return bootId ? `${bootId}/${pid}` : `${pid}`
}

/** True while that very process runs. */
export function isAlive(identity: ProcessIdentity): boolean {
  try {
    process.kill(identity.pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  const now = processIdentity(identity.pid)
  const same = (a: string | undefined, b: string | undefined) => a === undefined || b === undefined || a === b
  return same(identity.bootId, now.bootId) && same(identity.processStart, now.processStart)
}

/** Id of this boot of the host, where the system tells it. */
export function readBootId(): string | undefined {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return undefined
  }
}

/** Seconds since boot, suspended time included, where the system tells it. */
export function bootSeconds(): number | undefined {
  try {
    const seconds = Number.parseFloat(readFileSync('/proc/uptime', 'utf8'))
    return Number.isFinite(seconds) ? seconds : undefined
  } catch {
    return undefined
  }
}

function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    // A zombie has ended: only its parent has not looked yet. Fields 3 and 22 of proc(5).
    return fields[0] === 'Z' ? 'ended' : fields[19]
  } catch {
    return undefined
  }
}
