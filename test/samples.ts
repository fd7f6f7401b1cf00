// Runs what the documents show, as a reader would: in a folder of its own, with the command that was built.
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import type { Report } from '../packages/core/src/index.ts'

/** Folder of the repository. */
export const root = fileURLToPath(new URL('..', import.meta.url))

/** A document of the repository. */
export function document(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}

/** The code blocks of a document in one language, in order. */
export function codeBlocks(text: string, language: string): string[] {
  return [...text.matchAll(/^```(\S*)\n(.*?)^```$/gms)]
    .filter((match) => match[1] === language)
    .map((match) => match[2] as string)
}

/** The one code block of a document that contains a text. */
export function codeBlock(text: string, language: string, containing: string): string {
  const found = codeBlocks(text, language).filter((code) => code.includes(containing))
  if (found.length === 1) return found[0] as string
  throw new Error(`expected one ${language} block with '${containing}', found ${found.length}`)
}

/** What a program said, and its exit code. */
export interface Outcome {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** A folder where `ergometer` is on the PATH and installed in `node_modules`. */
export class Scratch {
  readonly folder = mkdtempSync(join(tmpdir(), 'ergometer-sample-'))
  readonly home = join(this.folder, '.ergometer')

  constructor() {
    const program = join(root, 'packages/ergometer/dist/cli.js')
    if (!existsSync(program)) throw new Error(`${program} is missing: npm run build`)
    this.#link('packages/ergometer', 'ergometer')
    for (const name of ['core', 'carbon']) this.#link(`packages/${name}`, `@ergometer/${name}`)
    this.#link('packages/ergometer/node_modules/@tensorflow', '@tensorflow')
    this.command('ergometer', `exec "${process.execPath}" "${program}" "$@"`)
  }

  #link(target: string, name: string): void {
    const path = join(this.folder, 'node_modules', name)
    mkdirSync(join(path, '..'), { recursive: true })
    symlinkSync(join(root, target), path)
  }

  /** Puts a shell script on the PATH. */
  command(name: string, script: string): void {
    mkdirSync(join(this.folder, 'bin'), { recursive: true })
    writeFileSync(join(this.folder, 'bin', name), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  }

  /** Writes a file. */
  file(name: string, content: string): void {
    writeFileSync(join(this.folder, name), content)
  }

  /** Runs a program here, or in another folder. */
  run(command: string, args: readonly string[], cwd = this.folder): Promise<Outcome> {
    const {
      ERGOMETER_EVENTS: _events,
      ERGOMETER_RECORDER: _recorder,
      NO_COLOR: _,
      ...inherited
    } = process.env
    const env = {
      ...inherited,
      ERGOMETER_HOME: this.home,
      PATH: [join(this.folder, 'bin'), inherited['PATH']].join(delimiter),
    }
    return new Promise((resolve) => {
      execFile(command, [...args], { cwd, env }, (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1
        resolve({ code, stdout, stderr })
      })
    })
  }

  /** Runs a shell script, which ends at its first error. */
  shell(script: string): Promise<Outcome> {
    return this.run('sh', ['-e', '-c', script])
  }

  /** Runs a TypeScript sample. `around`: what a reader has around it. */
  typescript(sample: string, around: { before?: string; after?: string } = {}): Promise<Outcome> {
    const code = [around.before ?? '', sample, around.after ?? ''].join('\n')
    const { outputText } = ts.transpileModule(code, {
      compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
    })
    this.file('sample.mjs', outputText)
    return this.run(process.execPath, ['sample.mjs'])
  }

  /** The report of the only run here, once its recorder has closed it: on a busy machine that may be after its command's end. */
  async report(): Promise<Report> {
    const deadline = performance.now() + 60_000
    for (;;) {
      const { code, stdout, stderr } = await this.run('ergometer', ['report', '--json'])
      const report: Report | undefined = code === 0 ? JSON.parse(stdout) : undefined
      if (report && report.run.status !== 'running') return report
      if (performance.now() > deadline) throw new Error(stderr || 'the run does not end')
    }
  }

  /** Removes the folder. */
  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** The Python of this machine, if it has one. */
export async function findPython(): Promise<string | undefined> {
  for (const name of ['python3', 'python']) {
    const code = await new Promise((resolve) =>
      execFile(name, ['-c', 'import sys; assert sys.version_info >= (3, 8)'], (error) => resolve(error)),
    )
    if (code === null) return name
  }
  return undefined
}
