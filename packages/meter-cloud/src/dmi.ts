import { closeSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import type { Provider } from './provider.ts'

/** No name of the firmware is longer. */
const LONGEST = 256

/** Azure's tag of a chassis; the vendor alone would be any Hyper-V (Azure documents it for Linux: `dmidecode -s chassis-asset-tag`). */
const AZURE_CHASSIS = '7783-7084-3265-9085-8269-3286-77'

/**
 * The cloud whose machine this is, by the names that its firmware bears; undefined elsewhere. A few small files below `sysRoot` are
 * read, nothing is asked of the network, and no other file is looked at.
 */
export function cloudOfMachine(sysRoot: string): Provider | undefined {
  const dmi = (name: string) => read(join(sysRoot, 'class/dmi/id', name))
  const vendor = dmi('sys_vendor')
  if (vendor === 'Amazon EC2' || dmi('bios_vendor') === 'Amazon EC2') return 'aws'
  if (dmi('product_name') === 'Google Compute Engine') return 'gcp'
  if (dmi('chassis_asset_tag') === AZURE_CHASSIS) return 'azure'
  // Instances of before Nitro (docs.aws.amazon.com/AWSEC2/latest/UserGuide/identify_ec2_instances.html).
  const uuids = [read(join(sysRoot, 'hypervisor/uuid')), vendor === 'Xen' ? dmi('product_uuid') : '']
  return uuids.some((uuid) => /^ec2/i.test(uuid)) ? 'aws' : undefined
}

/** The beginning of a file; empty where it cannot be read. */
function read(path: string): string {
  let file: number | undefined
  try {
    file = openSync(path, 'r')
    const buffer = Buffer.alloc(LONGEST)
    return buffer.toString('utf8', 0, readSync(file, buffer, 0, LONGEST, 0)).trim()
  } catch {
    return ''
  } finally {
    if (file !== undefined) closeSync(file)
  }
}
