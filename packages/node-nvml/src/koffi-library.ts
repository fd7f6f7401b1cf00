import type { ArgumentKind } from './call-table.ts'
import type { LoadLibrary } from './native-library.ts'

/**
 * How koffi passes each kind. All memory goes as `void *`: koffi hands over the bytes of a typed array as they are, and
 * no type of ours gets a name, which koffi would keep for the whole process.
 */
const KOFFI_TYPES: Record<ArgumentKind, string> = {
  handle: 'void *',
  uint: 'unsigned int',
  ulonglong: 'unsigned long long',
  'char*': 'void *',
  'uint*': 'void *',
  'ulonglong*': 'void *',
  'handle*': 'void *',
  'struct*': 'void *',
}

/** Loads koffi itself, which is native code: only those who open NVML pay for it. */
export async function koffiLoader(): Promise<LoadLibrary> {
  const { default: koffi } = await import('koffi')
  return (name) => {
    const library = koffi.load(name)
    return {
      name,
      bind: (symbol, kinds) =>
        orUndefined(() =>
          library.func(
            symbol,
            'int',
            kinds.map((kind) => KOFFI_TYPES[kind]),
          ),
        ),
      bindText: (symbol) => orUndefined(() => library.func(symbol, 'str', ['int'])),
      address: (symbol) => orUndefined(() => library.symbol(symbol) as bigint),
      unload: () => library.unload(),
    }
  }
}

/** koffi throws where a symbol is missing. */
function orUndefined<T>(look: () => T): T | undefined {
  try {
    return look()
  } catch {
    return undefined
  }
}
