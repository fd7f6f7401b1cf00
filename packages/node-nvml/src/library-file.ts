import { closeSync, openSync, readFileSync, readSync, realpathSync } from 'node:fs'
import { isStub } from './library-path.ts'

const STUB = "is the CUDA toolkit's stub, which measures nothing"

/** Numbers of ELF for the architectures that Node runs on. */
const MACHINES: Readonly<Record<number, string>> = {
  3: 'ia32',
  21: 'ppc64',
  40: 'arm',
  62: 'x64',
  183: 'arm64',
  243: 'riscv64',
  258: 'loong64',
}
const MACHINE_OFFSET = 18
const HEADER = 20

/**
 * Why a file cannot be the library, as the end of a sentence; undefined if nothing speaks against it. The loader itself
 * says "no such file" of a library for another machine.
 */
export function whyUnfit(file: string, platform: string, arch: string): string | undefined {
  try {
    if (isStub(file) || isStub(realpathSync(file))) return STUB
    return platform === 'linux' ? whyNoElf(readHeader(file), arch) : undefined
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    return code === 'ENOENT' ? 'is not there' : `cannot be read (${code ?? message})`
  }
}

function readHeader(file: string): Buffer {
  const descriptor = openSync(file, 'r')
  try {
    const header = Buffer.alloc(HEADER)
    readSync(descriptor, header, 0, HEADER, 0)
    return header
  } finally {
    closeSync(descriptor)
  }
}

function whyNoElf(header: Buffer, arch: string): string | undefined {
  if (header.toString('latin1', 0, 4) !== '\x7fELF') return 'is no shared library'
  const machine = header.readUInt16LE(MACHINE_OFFSET)
  const built = MACHINES[machine] ?? `machine ${machine}`
  return built === arch ? undefined : `is for ${built}, and this Node is for ${arch}`
}

/**
 * Why what was loaded by its name alone is not the library after all. `address`: of one of its functions. Only Linux
 * says which file that belongs to.
 */
export function whyWrongFile(address: bigint | undefined, platform: string): string | undefined {
  if (address === undefined || platform !== 'linux') return undefined
  const file = mappedFile(address)
  return file !== undefined && isStub(file) ? `${STUB} (${file})` : undefined
}

function mappedFile(address: bigint): string | undefined {
  for (const line of readMaps().split('\n')) {
    const match = /^([0-9a-f]+)-([0-9a-f]+) .{4} \S+ \S+ \d+ +(\/.*)$/.exec(line)
    if (match && BigInt(`0x${match[1]}`) <= address && address < BigInt(`0x${match[2]}`)) return match[3]
  }
  return undefined
}

function readMaps(): string {
  try {
    return readFileSync('/proc/self/maps', 'utf8')
  } catch {
    return ''
  }
}
