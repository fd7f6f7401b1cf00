import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, vi } from 'vitest'
import type { Domain, MeterHandle } from '../src/index.ts'

/** The program of a child process, as `npm test` builds it: a child cannot run the sources. */
export const CHILD = new URL('../dist/child.js', import.meta.url).href

/** URL of a module in the folder of fixtures. */
export function fixture(name: string): string {
  return new URL(`fixtures/${name}`, import.meta.url).href
}

/** Path of a file in the folder of fixtures. */
export function fixturePath(name: string): string {
  return fileURLToPath(fixture(name))
}

/** The process that holds a fixture's meter. */
export function pidOf(handle: MeterHandle): number {
  return handle.domains[0]?.attributes?.['pid'] as number
}

/** Waits until a process has ended. */
export async function waitForEnd(pid: number): Promise<void> {
  await vi.waitFor(() => expect(isRunning(pid)).toBe(false), { timeout: 10_000, interval: 10 })
}

/** True while a process runs; one that has ended and was not yet collected does not. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch (error) {
    // No such process; or a system without /proc, where it was seen to exist.
    return (error as NodeJS.ErrnoException).code === 'ENOENT' && !existsSync('/proc/self')
  }
}

/** A domain without fault, but for what is given. */
export function domainOf(parts: Partial<Domain> = {}): Domain {
  return {
    id: 'only',
    kind: 'other',
    label: 'Only',
    method: 'measured',
    reads: { quantity: 'power' },
    ...parts,
  }
}
