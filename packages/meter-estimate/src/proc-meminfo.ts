/** What `/proc/meminfo` says, in bytes. */
export interface MemoryInfo {
  readonly totalBytes: number
  /** Total less what is available without swapping: the page cache is not in use. */
  readonly bytesInUse: number
}

/** Reads `/proc/meminfo` (its kB are 1024 bytes); undefined without MemTotal or MemAvailable. */
export function parseMemInfo(text: string): MemoryInfo | undefined {
  const total = /^MemTotal: +(\d+) kB/m.exec(text)?.[1]
  const available = /^MemAvailable: +(\d+) kB/m.exec(text)?.[1]
  if (total === undefined || available === undefined) return undefined
  const totalBytes = Number(total) * 1024
  return { totalBytes, bytesInUse: Math.max(0, totalBytes - Number(available) * 1024) }
}
