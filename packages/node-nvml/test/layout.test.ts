import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { LAYOUTS } from '../src/struct-layout.ts'
import { describeSimulated } from './describe-simulated.ts'

const SOURCE = fileURLToPath(new URL('./simulated-nvml.c', import.meta.url))

/** Size and offsets as NVIDIA's header has them for 64 bits. */
const DOCUMENTED: Record<string, readonly number[]> = {
  nvmlPciInfo_t: [68, 16, 20, 24, 28, 32, 36],
  nvmlUtilization_t: [8, 0, 4],
  nvmlMemory_t: [24, 0, 8, 16],
  nvmlMemory_v2_t: [40, 0, 8, 16, 24, 32],
  nvmlFieldValue_t: [40, 0, 4, 8, 16, 24, 28, 32],
  nvmlProcessInfo_v1_t: [16, 0, 8],
  nvmlProcessInfo_t: [24, 0, 8, 16, 20],
  nvmlProcessUtilizationSample_t: [32, 0, 8, 16, 20, 24, 28],
  nvmlDeviceAttributes_t: [40, 0, 4, 8, 12, 16, 20, 24, 28, 32],
}

test('sizes and offsets are the documented ones', () => {
  const ours = Object.entries(LAYOUTS).map(([name, { size, members }]) => [
    name,
    [size, ...Object.values(members)],
  ])
  expect(Object.fromEntries(ours)).toEqual(DOCUMENTED)
})

describeSimulated('a C compiler', () => {
  test('lays the structures out in the same way', () => {
    expect(compiledLayouts()).toEqual(LAYOUTS)
  })
})

/** What a C program says of the simulation's declarations. */
function compiledLayouts(): unknown {
  const folder = mkdtempSync(join(tmpdir(), 'nvml-layout-'))
  try {
    const program = join(folder, 'layout')
    writeFileSync(`${program}.c`, printingProgram())
    execFileSync('cc', ['-o', program, `${program}.c`, '-ldl'])
    return JSON.parse(execFileSync(program, { encoding: 'utf8' }))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function printingProgram(): string {
  const structs = Object.entries(LAYOUTS).map(([name, { members }]) => {
    const offsets = Object.keys(members).map((member) => [`"${member}": %zu`, `offsetof(${name}, ${member})`])
    const format = `"${name}": { "size": %zu, "members": { ${offsets.map(([text]) => text).join(', ')} } }`
    return { format, values: [`sizeof(${name})`, ...offsets.map(([, value]) => value)] }
  })
  const format = JSON.stringify(`{ ${structs.map((struct) => struct.format).join(', ')} }`)
  const values = structs.flatMap((struct) => struct.values).join(', ')
  return `#include "${SOURCE}"\n#include <stddef.h>\nint main(void) { printf(${format}, ${values}); return 0; }\n`
}
