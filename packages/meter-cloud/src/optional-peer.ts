import { createRequire } from 'node:module'
import { MeterError } from '@ergometer/meter'

/** The error of a client that is not installed, with the command that installs it; undefined if it is. */
export function missingPeer(name: string): MeterError | undefined {
  try {
    createRequire(import.meta.url).resolve(name)
    return undefined
  } catch (cause) {
    // One that only has an `import` entry is installed all the same.
    return (cause as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND' ? peerError(name, cause) : undefined
  }
}

/**
 * A client that users install if they want to, loaded when it is needed. `load`: its `import`.
 * @throws MeterError `CLOUD_PEER_MISSING`
 */
export async function loadPeer<Client>(name: string, load: () => Promise<Client>): Promise<Client> {
  const missing = missingPeer(name)
  if (missing) throw missing
  try {
    return await load()
  } catch (cause) {
    throw peerError(name, cause)
  }
}

function peerError(name: string, cause: unknown): MeterError {
  const install = `npm install ${name}`
  return new MeterError(`${name} cannot be loaded, expected it to be installed: ${install}`, {
    outcome: 'fatal',
    code: 'CLOUD_PEER_MISSING',
    fixes: [install],
    cause,
  })
}
