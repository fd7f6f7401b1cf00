import { execFile } from 'node:child_process'
import { cpus, hostname, release, type } from 'node:os'
import { findGpus, type SystemRoots } from './find-gpus.ts'

/** Seconds that git may take. */
const GIT_DEADLINE = 2

/** Where and with what hardware a run is made: what the system tells at once. */
export function hostProvenance(roots: SystemRoots): Record<string, unknown> {
  const cpu = cpus()[0]?.model.trim()
  const gpus = findGpus(roots)
  return {
    os: `${type()} ${release()}`,
    host: hostname(),
    ...(cpu ? { cpu } : {}),
    ...(gpus.length > 0 ? { gpus } : {}),
  }
}

/** The commit that a directory is at, and whether tracked files differ from it. */
export interface GitState {
  readonly commit: string
  readonly dirty: boolean
}

/** What git says of a directory; undefined where it says nothing. Slow: a process is started. */
export async function findGit(directory: string): Promise<GitState | undefined> {
  const commit = await git(directory, ['rev-parse', 'HEAD'])
  if (!commit || !/^[0-9a-f]{40,64}$/.test(commit)) return undefined
  const changes = await git(directory, ['status', '--porcelain', '--untracked-files=no'])
  return changes === undefined ? undefined : { commit, dirty: changes !== '' }
}

function git(directory: string, args: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    const options = {
      cwd: directory,
      timeout: GIT_DEADLINE * 1000,
      env: { ...process.env, GIT_OPTIONAL_LOCKS: '0' },
    }
    execFile('git', [...args], options, (error, stdout) => resolve(error ? undefined : stdout.trim()))
  })
}
