import { koffiLoader } from './koffi-library.ts'
import { loadLibrary } from './load-library.ts'
import type { LoadLibrary } from './native-library.ts'
import { Nvml } from './nvml.ts'
import type { NvmlBinding } from './nvml-binding.ts'
import { LIBRARY_NOT_FOUND, NvmlError } from './nvml-error.ts'

/** Options of `openNvml`. */
export interface NvmlOptions {
  /** Absolute path of the library; by default `ERGOMETER_NVML_LIBRARY`, else what NVIDIA's driver installs. */
  readonly library?: string | undefined
  /** Where to look for variables; by default the environment of this process. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
}

/**
 * Loads NVML and initialises it. Every call gives a binding of its own: call its `shutdown` when you are done. Throws an
 * `NvmlError`: code 12 if there is no library that fits, 9 if the driver is not loaded.
 */
export async function openNvml({ library, env = process.env }: NvmlOptions = {}): Promise<NvmlBinding> {
  const { platform, arch } = process
  const nvml = new Nvml(loadLibrary({ library, env, platform, arch }, await loader()))
  nvml.init()
  return nvml
}

async function loader(): Promise<LoadLibrary> {
  try {
    return await koffiLoader()
  } catch (cause) {
    const [reason] = String((cause as Error).message).split('\n')
    throw new NvmlError(LIBRARY_NOT_FOUND, 'nvmlInit_v2', { why: `koffi cannot be loaded: ${reason}`, cause })
  }
}
