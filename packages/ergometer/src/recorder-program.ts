import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * The file that a recorder process runs, or undefined. `ERGOMETER_RECORDER` names it; else it lies beside this
 * module, or, when this module went into somebody's bundle, in the installed package.
 */
export function recorderProgram(): string | undefined {
  const named = process.env['ERGOMETER_RECORDER']
  if (named) return existsSync(named) ? named : undefined
  // In a CommonJS bundle there is no such URL.
  const here: string | undefined = import.meta.url
  const folder = here?.startsWith('file:') ? dirname(fileURLToPath(here)) : undefined
  const beside =
    folder === undefined ? [] : [join(folder, 'recorder.js'), join(folder, '../dist/recorder.js')]
  return beside.find(isOurs) ?? installed([folder, dirname(process.argv[1] ?? ''), process.cwd()])
}

/** A bundle's folder may hold another file of that name. */
function isOurs(file: string): boolean {
  if (!existsSync(file)) return false
  try {
    return JSON.parse(readFileSync(join(dirname(file), '../package.json'), 'utf8')).name === 'ergometer'
  } catch {
    return false
  }
}

function installed(folders: readonly (string | undefined)[]): string | undefined {
  for (const folder of folders) {
    if (!folder) continue
    try {
      return createRequire(join(folder, 'ergometer.js')).resolve('ergometer/recorder')
    } catch {
      // Not installed there.
    }
  }
  return undefined
}
