import { posix, win32 } from 'node:path'

const SONAME = 'libnvidia-ml.so.1'
const WSL = `/usr/lib/wsl/lib/${SONAME}`

/** The variable that names the library. */
export const LIBRARY_VARIABLE = 'ERGOMETER_NVML_LIBRARY'

/** Where to look for the library. */
export interface LibraryPlace {
  /** Its absolute path; nothing else is tried then. */
  readonly library?: string | undefined
  readonly env: Readonly<Record<string, string | undefined>>
  readonly platform: NodeJS.Platform
}

/**
 * What to try to load, in this order: the option alone, else `ERGOMETER_NVML_LIBRARY` alone, else what NVIDIA's driver
 * installs. Never `libnvidia-ml.so`: that name is for linking, and often the toolkit's stub.
 */
export function libraryCandidates({ library, env, platform }: LibraryPlace): readonly string[] {
  const named = library || env[LIBRARY_VARIABLE]
  if (named) return [named]
  if (platform === 'win32') {
    const system = env['SystemRoot'] ?? 'C:\\Windows'
    const programs = env['ProgramFiles'] ?? 'C:\\Program Files'
    return [
      win32.join(system, 'System32', 'nvml.dll'),
      win32.join(programs, 'NVIDIA Corporation', 'NVSMI', 'nvml.dll'),
    ]
  }
  return platform === 'linux' ? [SONAME, WSL] : []
}

/** True for a name that the loader does not look up anywhere. */
export function isPath(name: string): boolean {
  return posix.isAbsolute(name) || win32.isAbsolute(name)
}

/** True for the CUDA toolkit's library, which can be linked against and does nothing. */
export function isStub(file: string): boolean {
  return /[\\/]stubs[\\/]/.test(file)
}
