import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const UUID = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/
/** What boards bear that were never given a UUID. */
const GENERIC = /^(0{8}|f{8}|03000200-0400-0500-0006|0{7}1|12345678)/

/** A UUID as it is compared; undefined for what identifies nothing. */
export function readUuid(text: string | undefined): string | undefined {
  const uuid = text?.trim().toLowerCase() ?? ''
  return UUID.test(uuid) && !GENERIC.test(uuid) ? uuid : undefined
}

/** Whether a BMC's system is the machine that this runs on; undefined if one of the two does not say who it is. */
export function isThisHost(uuid: string | undefined, sysRoot: string): boolean | undefined {
  const own = ownUuid(sysRoot)
  if (uuid === undefined || own === undefined) return undefined
  return uuid === own || uuid === otherEndian(own)
}

/** By SMBIOS; Linux shows it to root only. */
function ownUuid(sysRoot: string): string | undefined {
  try {
    return readUuid(readFileSync(join(sysRoot, 'class/dmi/id/product_uuid'), 'utf8'))
  } catch {
    return undefined
  }
}

/** SMBIOS stores the first three groups with their bytes reversed, and not every BMC turns them back. */
function otherEndian(uuid: string): string {
  const [a = '', b = '', c = '', ...rest] = uuid.split('-')
  return [a, b, c].map(reversedBytes).concat(rest).join('-')
}

function reversedBytes(group: string): string {
  return (group.match(/../g) ?? []).reverse().join('')
}
