import { closeSync, existsSync, openSync, readdirSync } from 'node:fs'
import type { Availability } from '@ergometer/meter'
import { findZones, hiddenZone, type PowercapZone, powercapFolder, powercapTree } from './powercap-zone.ts'
import { CONTAINER_FIXES, GROUP_FIXES, MODULE_FIX, PSYS_FLAG } from './safe-fixes.ts'
import { zoneDomains } from './zone-domain.ts'

/** Whether a counter that counts can be read under a root of `/sys`; if none, which file, why, and the safe fixes. */
export function raplAvailability(sysRoot: string, psys: boolean): Availability {
  const { domains, unknown } = zoneDomains(findZones(sysRoot), psys)
  const counting = domains.filter(({ domain }) => psys || domain.kind !== 'host')
  const [first] = counting
  if (first) {
    const refused = counting.map(({ zone }) => refusal(zone.energyFile))
    return refused.includes(undefined) ? { available: true } : unreadable(first.zone.energyFile, refused[0])
  }
  const [platform] = domains
  if (platform) {
    return {
      available: false,
      why: `only psys can be read here (${platform.zone.energyFile}); it covers more than the CPU, often reads too much, and is counted on request alone`,
      file: platform.zone.energyFile,
      fixes: [`ergometer run ${PSYS_FLAG} -- CMD`],
    }
  }
  const [zone] = unknown
  return zone ? nameless(zone) : absent(sysRoot)
}

/** Why a file cannot be opened; undefined if it can. */
function refusal(file: string): string | undefined {
  try {
    closeSync(openSync(file, 'r'))
    return undefined
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? (error as Error).message
  }
}

function isForbidden(code: string | undefined): boolean {
  return code === 'EACCES' || code === 'EPERM'
}

function unreadable(file: string, code: string | undefined): Availability {
  const present = 'RAPL is present but unreadable'
  if (isForbidden(code)) {
    const why = `${present}: ${file} is only for root (since Linux 5.10) or a group that may read it`
    return { available: false, why, file, fixes: [...GROUP_FIXES, ...CONTAINER_FIXES] }
  }
  return { available: false, why: `${present}: ${file} cannot be opened (${code})`, file }
}

function nameless({ name, energyFile }: PowercapZone): Availability {
  const file = energyFile.replace(/energy_uj$/, 'name')
  const found = name === '' ? 'its name cannot be read' : `'${name}' is no name of a zone that is known`
  if (isForbidden(refusal(file))) return unreadable(file, 'EACCES')
  return { available: false, why: `RAPL zones are present, but none that is known: ${file}: ${found}`, file }
}

function absent(sysRoot: string): Availability {
  const folder = powercapFolder(sysRoot)
  if (isForbidden(listing(folder))) return unreadable(folder, 'EACCES')
  const hidden = hiddenZone(sysRoot) ?? emptyTree(sysRoot)
  if (hidden !== undefined) {
    return {
      available: false,
      why: `RAPL is present but hidden: ${hidden} leads to nothing, as in a container, where /sys/devices/virtual/powercap is masked`,
      file: hidden,
      fixes: CONTAINER_FIXES,
    }
  }
  return {
    available: false,
    why: `no RAPL zones in ${folder}: a virtual machine, a container that masks them, or the kernel module intel_rapl_msr is not loaded`,
    file: folder,
    fixes: [MODULE_FIX, ...CONTAINER_FIXES.slice(0, 1)],
  }
}

/** The kernel removes the folder with its last zone: one that is empty lies under a mask. */
function emptyTree(sysRoot: string): string | undefined {
  const tree = powercapTree(sysRoot)
  return existsSync(tree) && listing(tree) === 'empty' ? tree : undefined
}

function listing(folder: string): string | undefined {
  try {
    return readdirSync(folder).length === 0 ? 'empty' : undefined
  } catch (error) {
    return (error as NodeJS.ErrnoException).code
  }
}
