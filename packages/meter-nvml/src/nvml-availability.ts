import { existsSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import type { Availability, MeterContext } from '@ergometer/meter'
import { CONTAINER_FIX, DRIVER_FIXES, INSTALL_FIX } from './safe-fixes.ts'
import { findSmi } from './smi-power.ts'

const SONAME = 'libnvidia-ml.so.1'
const WSL = `/usr/lib/wsl/lib/${SONAME}`
/** Where loaders look without being told. */
const FOLDERS = [
  '/lib64',
  '/usr/lib64',
  '/lib',
  '/usr/lib',
  '/usr/lib/x86_64-linux-gnu',
  '/usr/lib/aarch64-linux-gnu',
  '/run/opengl-driver/lib',
]
const LOADER_CACHE = '/etc/ld.so.cache'
/** gVisor has no `/proc/driver`; the node alone proves nothing, since NVML makes it for root. */
const CONTROL_NODE = '/dev/nvidiactl'

type World = Pick<MeterContext, 'env' | 'procRoot'>

/**
 * Whether it is worth opening NVML here, by looking at files alone: what really works is seen when it is opened, in a
 * process of its own. `library`: its path, if somebody named it.
 */
export function nvmlAvailability(library: string | undefined, { env, procRoot }: World): Availability {
  if (library || env['ERGOMETER_NVML_LIBRARY'] || existsSync(WSL) || isOnWindows(env))
    return { available: true }
  const file = join(procRoot, 'driver/nvidia/version')
  const installed = isInstalled(env)
  if (existsSync(file)) {
    if (installed || findSmi(env) !== undefined) return { available: true }
    const why = `NVIDIA's driver is loaded, but its library ${SONAME} is not here: a container without the capability 'utility'?`
    return { available: false, why, fixes: [CONTAINER_FIX] }
  }
  if (!installed) {
    const why = `no NVIDIA driver: neither ${file} nor ${SONAME} is there`
    return { available: false, why, fixes: [INSTALL_FIX, CONTAINER_FIX] }
  }
  if (existsSync(CONTROL_NODE)) return { available: true }
  const why = `NVIDIA's library is here, but its kernel driver is not loaded: there is no ${file}`
  return { available: false, why, file, fixes: DRIVER_FIXES }
}

function isInstalled(env: World['env']): boolean {
  const told = (env['LD_LIBRARY_PATH'] ?? '').split(':').filter((folder) => posix.isAbsolute(folder))
  return [...told, ...FOLDERS].some((folder) => existsSync(join(folder, SONAME))) || isCached()
}

function isCached(): boolean {
  try {
    return readFileSync(LOADER_CACHE, 'latin1').includes(SONAME)
  } catch {
    return false
  }
}

function isOnWindows({ SystemRoot: system }: World['env']): boolean {
  return system !== undefined && existsSync(join(system, 'System32', 'nvml.dll'))
}
