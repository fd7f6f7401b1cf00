import { whyUnfit, whyWrongFile } from './library-file.ts'
import { isPath, LIBRARY_VARIABLE, type LibraryPlace, libraryCandidates } from './library-path.ts'
import type { LoadLibrary, NativeLibrary } from './native-library.ts'
import { LIBRARY_NOT_FOUND, NvmlError } from './nvml-error.ts'

/** Loads the first library that fits. Throws an `NvmlError` of code 12 that says of each one why it does not. */
export function loadLibrary(
  place: LibraryPlace & { readonly arch: string },
  load: LoadLibrary,
): NativeLibrary {
  const candidates = libraryCandidates(place)
  const named = place.library || place.env[LIBRARY_VARIABLE]
  if (named && !isPath(named)) throw notFound(`'${named}' is no absolute path`)
  const reasons: string[] = []
  for (const name of candidates) {
    const outcome = tryToLoad(name, place, load)
    if (typeof outcome !== 'string') return outcome
    reasons.push(`${name} ${outcome}`)
  }
  if (named) throw notFound(reasons.join())
  if (reasons.length === 0) throw notFound(`NVIDIA has no NVML for ${place.platform}`)
  throw notFound(
    `${reasons.join(', ')}: is NVIDIA's driver installed here? ${LIBRARY_VARIABLE} may name its file`,
  )
}

/** The library, or why not. */
function tryToLoad(
  name: string,
  { platform, arch }: { platform: string; arch: string },
  load: LoadLibrary,
): NativeLibrary | string {
  const unfit = isPath(name) ? whyUnfit(name, platform, arch) : undefined
  if (unfit !== undefined) return unfit
  try {
    const library = load(name)
    const wrong = isPath(name) ? undefined : whyWrongFile(library.address('nvmlInit_v2'), platform)
    if (wrong === undefined) return library
    library.unload()
    return wrong
  } catch (error) {
    return `cannot be loaded (${reasonOf(error)})`
  }
}

function reasonOf(error: unknown): string {
  const [line = ''] = (error as Error).message.split('\n')
  return line.replace(/^Failed to load shared library: /, '')
}

function notFound(why: string): NvmlError {
  return new NvmlError(LIBRARY_NOT_FOUND, 'nvmlInit_v2', { why })
}
