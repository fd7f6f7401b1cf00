import { execFile } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Report } from '@ergometer/core'

export const PACKAGES = fileURLToPath(new URL('../..', import.meta.url))
export const CLI = join(PACKAGES, 'ergometer/dist/cli.js')

export interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** A folder to train in: `ergometer` and the meter are at hand, as they would be installed. */
export class TrainingFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'cloud-run-'))
  /** Environment of a process that lives two minutes later: nobody wants to wait until a minute is over. */
  readonly later: NodeJS.ProcessEnv

  constructor() {
    this.later = { NODE_OPTIONS: `--import=${join(this.path, 'later.mjs')}` }
    this.write('later.mjs', 'const now = Date.now\nDate.now = () => now() + 120_000\n')
    mkdirSync(join(this.path, 'node_modules/@ergometer'), { recursive: true })
    symlinkSync(join(PACKAGES, 'ergometer'), join(this.path, 'node_modules/ergometer'))
    symlinkSync(join(PACKAGES, 'meter-cloud'), join(this.path, 'node_modules/@ergometer/meter-cloud'))
  }

  /** Writes a file; its path. */
  write(name: string, text: string): string {
    const path = join(this.path, name)
    writeFileSync(path, text)
    return path
  }

  /** Runs Node here. */
  run(parameters: readonly string[], env: NodeJS.ProcessEnv): Promise<Ended> {
    return new Promise((resolve) => {
      const options = { cwd: this.path, env: { ...process.env, ...env } }
      const child = execFile(process.execPath, parameters, options, (_error, stdout, stderr) =>
        resolve({ code: child.exitCode ?? -1, stdout, stderr }),
      )
    })
  }

  /** The report of the only run in a home, and all that was written of it. */
  only(home = '.ergometer'): { report: Report; text: string } {
    const runs = join(this.path, home, 'runs')
    const [id = ''] = readdirSync(runs)
    const text = readdirSync(join(runs, id))
      .map((file) => readFileSync(join(runs, id, file), 'utf8'))
      .join('\n')
    return { report: JSON.parse(readFileSync(join(runs, id, 'report.json'), 'utf8')), text }
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true })
  }
}
