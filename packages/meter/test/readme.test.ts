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

const root = fileURLToPath(new URL('..', import.meta.url))
const readme = readFileSync(join(root, 'README.md'), 'utf8')
const [meter, opener] = [...readme.matchAll(/^```js\n(.*?)^```$/gms)].map(([, code]) => code as string)

// A project that has installed this package, and nothing else.
const project = mkdtempSync(join(tmpdir(), 'ergometer-readme-'))
mkdirSync(join(project, 'node_modules/@ergometer'), { recursive: true })
symlinkSync(root, join(project, 'node_modules/@ergometer/meter'), 'junction')
writeFileSync(join(project, 'package.json'), '{ "type": "module" }')
writeFileSync(join(project, 'shelly.js'), meter as string)
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

test('its table of errors lists the codes that there are', () => {
  const sources = readdirSync(join(root, 'src')).map((file) => readFileSync(join(root, 'src', file), 'utf8'))
  const codes = (text: string) =>
    [...new Set([...text.matchAll(/\bMETER_[A-Z_]+/g)].map(([code]) => code))].sort()
  const rows = readme.split('\n').filter((line) => line.startsWith('| `METER_'))
  expect(codes(rows.join('\n'))).toEqual(codes(sources.join('\n')))
})
