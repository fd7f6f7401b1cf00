import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { cpus, hostname, release, type } from 'node:os'
import { join } from 'node:path'

/** Seconds that git may take. */
const GIT_DEADLINE = 2

/** Where and with what hardware a run is made: what the system tells at once. */
export function hostProvenance(): Record<string, unknown> {
  const cpu = cpus()[0]?.model.trim()
  const gpus = nvidiaGpus()
  return {
    os: `${type()} ${release()}`,
    host: hostname(),
    ...(cpu ? { cpu } : {}),
    ...(gpus.length > 0 ? { gpus } : {}),
  }
}

/** The commit that a directory is at, and whether tracked files differ from it. Slow: git is asked. */
export async function findGit(directory: string): Promise<{ commit: string; dirty: boolean } | undefined> {
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

/** Models of the GPUs that the NVIDIA driver lists. */
function nvidiaGpus(): string[] {
  const root = '/proc/driver/nvidia/gpus'
  try {
    return readdirSync(root).map((bus) => {
      const information = readFileSync(join(root, bus, 'information'), 'utf8')
      return /^Model:\s*(.+)$/m.exec(information)?.[1]?.trim() ?? bus
    })
  } catch {
    return []
  }
}
