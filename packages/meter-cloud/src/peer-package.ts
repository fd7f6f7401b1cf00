import { MeterError } from '@ergometer/meter'

/**
 * An optional package, loaded when it is needed. `install`: the package with the version that is known to do.
 * @throws MeterError `CLOUD_PEER_MISSING`, with the line that installs it
 */
export async function peerPackage<Module>(install: string, load: () => Promise<Module>): Promise<Module> {
  try {
    return await load()
  } catch (cause) {
    const fix = `npm install ${install}`
    const missing = isMissing(cause)
    const why = missing ? 'is not installed' : 'cannot be loaded'
    throw new MeterError(`the package ${nameOf(install)} ${why}: ${fix}`, {
      outcome: 'fatal',
      code: 'CLOUD_PEER_MISSING',
      fixes: [fix],
      cause,
    })
  }
}

function isMissing(cause: unknown): boolean {
  const { code } = (cause ?? {}) as { code?: unknown }
  return code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND'
}

function nameOf(install: string): string {
  return install.replace(/(?<=.)@[^@/]*$/, '')
}
