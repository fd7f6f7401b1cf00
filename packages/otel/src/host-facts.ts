import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'

/** Where Linux keeps the id of an installation; in a container it may be missing. */
const MACHINE_ID = ['/etc/machine-id', '/var/lib/dbus/machine-id']

/** Name and id of this host; without an id of its own it goes by its name. */
export function hostFacts(): { hostId: string; hostName: string } {
  const hostName = hostname()
  for (const file of MACHINE_ID) {
    try {
      const id = readFileSync(file, 'utf8').trim()
      if (/^[0-9a-f-]{8,64}$/i.test(id)) return { hostId: id, hostName }
    } catch {
      // The next one, or none.
    }
  }
  return { hostId: hostName, hostName }
}
