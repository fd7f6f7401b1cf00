import { execFile } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, expect, test } from 'vitest'
import { conformanceCases } from '../src/conformance.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const readme = readFileSync(join(root, 'README.md'), 'utf8')
const [meter, conformance, opener] = [...readme.matchAll(/^```js\n(.*?)^```$/gms)].map(
  ([, code]) => code as string,
)

// A project that has installed this package, and nothing else.
const project = mkdtempSync(join(tmpdir(), 'ergometer-readme-'))
mkdirSync(join(project, 'node_modules/@ergometer'), { recursive: true })
symlinkSync(root, join(project, 'node_modules/@ergometer/meter'), 'junction')
writeFileSync(join(project, 'package.json'), '{ "type": "module" }')
writeFileSync(join(project, 'shelly.js'), meter as string)
writeFileSync(join(project, 'shelly.test.js'), conformance as string)
writeFileSync(join(project, 'open.js'), opener as string)
afterAll(() => rmSync(project, { recursive: true }))

test('its code is a meter that reads, and a program that opens it', async () => {
  let status = 200
  const plug = createServer((request, response) => {
    response.statusCode = request.url === '/rpc/Switch.GetStatus?id=0' ? status : 404
    response.setHeader('connection', 'close').end('{ "apower": 42.5 }')
  })
  await new Promise<void>((resolve) => plug.listen(0, '127.0.0.1', resolve))
  const env = { ...process.env, SHELLY_ADDRESS: `127.0.0.1:${(plug.address() as AddressInfo).port}` }
  const read = async () =>
    (await promisify(execFile)(process.execPath, ['open.js'], { cwd: project, env })).stdout
  try {
    expect(await read()).toBe('shelly 42.5\n')
    status = 500
    expect(await read()).toBe('shelly SHELLY_REFUSED\n')
  } finally {
    plug.close()
  }
})

test('its test passes, and fails for a meter that is wrong', async () => {
  const { VITEST: _, NODE_TEST_CONTEXT: __, ...env } = process.env
  const run = () =>
    promisify(execFile)(process.execPath, ['--test', '--test-reporter=tap', 'shelly.test.js'], {
      cwd: project,
      env,
    })
  const { stdout } = await run()
  expect(stdout).toMatch(/^# fail 0$/m)
  expect(stdout).toContain('# SKIP fetch gives up by itself')
  expect(stdout).toContain('# SKIP its world cannot `hang`')
  expect(stdout).toMatch(/^# shelly: abort skipped: fetch gives up by itself$/m)
  const wrong = (meter as string).replace('record(0, apower)', 'record(0, apower * 1000)')
  writeFileSync(join(project, 'shelly.js'), wrong.replace('maxWatts: 2500', 'maxWatts: 2_500_000'))
  try {
    await expect(run()).rejects.toMatchObject({
      stdout: expect.stringMatching(/1000 times as much: milliwatts passed as watts\?.*^# fail 1$/ms),
    })
  } finally {
    writeFileSync(join(project, 'shelly.js'), meter as string)
  }
}, 60_000)

test('its table of cases lists the cases that there are, with what they need', () => {
  const table = readme.split('\n').flatMap((line) => {
    const [, id, needs = ''] = /^\| `([a-z-]+)` +\| ?([`a-z, ]*)\| \S/.exec(line) ?? []
    return id === undefined ? [] : [[id, (needs.match(/[a-z]+/g) ?? []).join()]]
  })
  const cases = conformanceCases({ meter: { module: 'file:///none.js' } })
  const known = new Set(cases.map(({ id }) => id))
  expect(table.filter(([id]) => known.has(id as string))).toEqual(
    cases.map(({ id, needs }) => [id, needs.join()]),
  )
})

test('its table of errors lists the codes that there are', () => {
  const sources = readdirSync(join(root, 'src')).map((file) => readFileSync(join(root, 'src', file), 'utf8'))
  const codes = (text: string) =>
    [...new Set([...text.matchAll(/\bMETER_[A-Z_]+/g)].map(([code]) => code))].sort()
  const rows = readme.split('\n').filter((line) => line.startsWith('| `METER_'))
  expect(codes(rows.join('\n'))).toEqual(codes(sources.join('\n')))
})
