import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Availability, definitionOf, realContext } from '@ergometer/meter'
import { afterAll, describe, expect, test } from 'vitest'
import nvml from '../src/index.ts'

const root = mkdtempSync(join(tmpdir(), 'nvml-availability-'))
afterAll(() => rmSync(root, { recursive: true }))

function write(path: string): string {
  const file = join(root, path)
  mkdirSync(join(file, '..'), { recursive: true })
  writeFileSync(file, '')
  return file
}

write('loaded/driver/nvidia/version')
write('library/libnvidia-ml.so.1')
chmodSync(write('bin/nvidia-smi'), 0o755)

/** This machine may have a driver; these worlds leave its own places as they are. */
async function probe(
  proc: string,
  env: Record<string, string>,
  options = {},
): Promise<Availability | undefined> {
  return definitionOf(nvml).probe?.(options, realContext({ procRoot: join(root, proc), env }))
}

describe('without opening anything', () => {
  const LIBRARY = { LD_LIBRARY_PATH: `relative:${root}/library` }

  test.each<[string, string, Record<string, string>, object]>([
    ['a loaded driver and its library', 'loaded', LIBRARY, {}],
    ['a library that the environment names', 'none', { ERGOMETER_NVML_LIBRARY: '/x.so' }, {}],
    ['a library that an option names', 'none', {}, { library: '/x.so' }],
    ['a loaded driver and nvidia-smi', 'loaded', { PATH: `${root}/bin` }, {}],
  ])('%s are worth a try', async (_, proc, env, options) => {
    expect(await probe(proc, env, options)).toEqual({ available: true })
  })

  test('a library without a driver is told from none', async () => {
    expect(await probe('none', LIBRARY)).toMatchObject({
      available: false,
      why: expect.stringMatching(/kernel driver is not loaded/),
      file: join(root, 'none/driver/nvidia/version'),
      fixes: expect.arrayContaining(['sudo modprobe nvidia']),
    })
    expect(await probe('none', {})).toMatchObject({
      available: false,
      why: expect.stringMatching(/no NVIDIA driver/),
      fixes: [expect.stringMatching(/^install/), expect.stringMatching(/utility/)],
    })
  })

  test('a driver without a library is a container without the capability', async () => {
    expect(await probe('loaded', {})).toMatchObject({
      available: false,
      why: expect.stringMatching(/capability 'utility'/),
      fixes: [expect.stringMatching(/NVIDIA_DRIVER_CAPABILITIES=compute,utility/)],
    })
  })

  test('no advice opens anything to everybody', async () => {
    for (const world of ['none', 'loaded']) {
      expect(JSON.stringify(await probe(world, {}))).not.toMatch(/a\+rw|666|777|--privileged/)
    }
  })
})
