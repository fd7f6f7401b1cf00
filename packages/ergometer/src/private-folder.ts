import { lstatSync, mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** A cache folder that only this user can write, made if need be; undefined where there is none to be had. */
export function privateFolder(name: string): string | undefined {
  const cache = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache')
  const folder = join(cache, 'ergometer', name)
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const { uid, mode } = lstatSync(folder)
    const ours = process.getuid === undefined || uid === process.getuid()
    return ours && (mode & 0o022) === 0 ? folder : undefined
  } catch {
    return undefined
  }
}
