import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { BmcLine } from '../src/bmc-line.ts'
import { FakeBmc, type Mood, PASSWORD, recorded, USER } from './fake-bmc.ts'
import { bmcOf, ENV, openAt, probeAt, readOnce, sysRootOf } from './open-bmc.ts'

const CERTIFICATE = fileURLToPath(new URL('certificate/bmc.pem', import.meta.url))
const plain = () => bmcOf(recorded('dmtf-rackmount'))

describe('the session', () => {
  test('is one for all reads, and is given back', async () => {
    const bmc = await plain()
    const { meter } = await openAt(bmc)
    for (let reads = 0; reads < 3; reads++) await readOnce(meter)
    expect(bmc.logins).toBe(1)
    expect(bmc.sessions.size).toBe(1)
    await meter.close?.()
    expect(bmc.sessions.size).toBe(0)
  })

  test('that was lost is renewed', async () => {
    const bmc = await plain()
    const { meter } = await openAt(bmc)
    bmc.sessions.clear()
    expect(await readOnce(meter)).toHaveLength(1)
    expect(bmc.logins).toBe(2)
  })

  test('is renewed once: a BMC that refuses all the same is not asked again', async () => {
    const bmc = await plain()
    const { meter } = await openAt(bmc)
    bmc.mood = ({ method }, response) => method === 'GET' && Boolean(response.writeHead(401).end())
    await expect(readOnce(meter)).rejects.toMatchObject({ outcome: 'fatal', code: 'REDFISH_REFUSED' })
    expect(bmc.logins).toBe(2)
  })

  test('is given back when there is nothing to meter', async () => {
    const bmc = await plain()
    await expect(openAt(bmc, { options: { chassis: 'none' } })).rejects.toThrow()
    expect([bmc.logins, bmc.sessions.size]).toEqual([1, 0])
  })

  test('basic needs none', async () => {
    const bmc = await plain()
    const { meter } = await openAt(bmc, { options: { auth: 'basic' } })
    expect(await readOnce(meter)).toHaveLength(1)
    expect(bmc.logins).toBe(0)
  })

  test('a BMC that is gone does not hold up the end', async () => {
    const bmc = await plain()
    const { meter } = await openAt(bmc)
    bmc.mood = () => true
    await meter.close?.()
    expect(bmc.requests.at(-1)).toMatch(/^DELETE/)
  })
})

describe('credentials', () => {
  test('come from variables of other names, or a file', async () => {
    const bmc = await plain()
    const file = join(sysRootOf(), 'password')
    writeFileSync(file, `${PASSWORD}\n`)
    const env = { BMC_USER: USER }
    const { meter } = await openAt(bmc, { env, options: { userEnv: 'BMC_USER', passwordFile: file } })
    expect(await readOnce(meter)).toHaveLength(1)
    const other = await openAt(bmc, {
      env: { ...ENV, REDFISH_PASSWORD: undefined, P: PASSWORD },
      options: { passwordEnv: 'P' },
    })
    expect(await readOnce(other.meter)).toHaveLength(1)
  })

  test.each([
    ['no user', { ...ENV, REDFISH_USER: undefined }, {}, 'REDFISH_USER is not set'],
    ['no password', { ...ENV, REDFISH_PASSWORD: '' }, {}, 'REDFISH_PASSWORD is not set'],
    ['no file', ENV, { passwordFile: '/none' }, '/none: ENOENT'],
  ])('%s: nobody is asked', async (_, env, options, message) => {
    const bmc = await plain()
    const fault = { outcome: 'fatal', code: 'REDFISH_CREDENTIALS', message: expect.stringContaining(message) }
    await expect(openAt(bmc, { env, options })).rejects.toMatchObject(fault)
    expect(await probeAt(bmc, { env, options })).toMatchObject({ available: false })
    expect(bmc.requests).toEqual([])
  })

  test('that are wrong are tried once, since a BMC locks accounts', async () => {
    const bmc = await plain()
    const opening = openAt(bmc, { env: { ...ENV, REDFISH_PASSWORD: 'wrong horse' } })
    await expect(opening).rejects.toMatchObject({ outcome: 'fatal', code: 'REDFISH_REFUSED' })
    expect(bmc.logins).toBe(1)
  })

  test('stand in no message, and not in the options', async () => {
    const bmc = await plain()
    const faults: unknown[] = []
    for (const mood of Object.values(MOODS)) {
      bmc.mood = mood
      await openAt(bmc).catch((error) => faults.push(error))
    }
    for (const options of [{ password: PASSWORD }, { address: `https://${USER}:${PASSWORD}@bmc` }]) {
      await openAt(bmc, { options }).catch((error) => faults.push(error))
    }
    expect(faults).toHaveLength(Object.keys(MOODS).length + 2)
    for (const fault of faults) expect(`${fault}${JSON.stringify(fault)}`).not.toContain(PASSWORD)
    expect(String(faults.at(-2))).toContain('the password comes from the environment or a file')
  })
})

const MOODS: Record<string, Mood> = {
  html: (_, response) => Boolean(response.end('<!DOCTYPE html><title>Login</title>')),
  text: (_, response) => Boolean(response.end('please wait')),
  list: (_, response) => Boolean(response.end('[]')),
  busy: (_, response) => Boolean(response.writeHead(503, { 'retry-after': '60' }).end()),
  elsewhere: (_, response) =>
    Boolean(response.writeHead(302, { location: 'https://example.org/?token=x' }).end()),
  'round and round': ({ url }, response) => Boolean(response.writeHead(308, { location: url }).end()),
  endless: (_, response) => Boolean(response.end(' '.repeat((1 << 20) + 1))),
  'cut off': (_, response) =>
    Boolean(response.writeHead(200, { 'content-length': '100' }).write('{') && response.destroy()),
}

describe('a BMC that is none, or not well', () => {
  test.each([
    ['html', 'REDFISH_UNREADABLE', 'an HTML page'],
    ['text', 'REDFISH_UNREADABLE', 'expected a JSON object'],
    ['list', 'REDFISH_UNREADABLE', 'expected a JSON object'],
    ['busy', 'REDFISH_UNREADABLE', 'status 503'],
    ['elsewhere', 'REDFISH_UNREADABLE', 'redirects to https://example.org:'],
    ['round and round', 'REDFISH_UNREADABLE', 'redirects more than 3 times'],
    ['endless', 'REDFISH_UNREADABLE', 'longer than'],
    ['cut off', 'REDFISH_UNREACHABLE', 'expected a BMC that answers'],
  ])('%s: one line, and the next read may be better', async (name, code, message) => {
    const bmc = await plain()
    const { meter } = await openAt(bmc)
    bmc.mood = MOODS[name] as Mood
    const fault = await readOnce(meter).catch((error) => error)
    expect(fault).toMatchObject({ outcome: 'retry', code, message: expect.stringContaining(message) })
    expect(fault.message).not.toContain('\n')
    bmc.mood = () => false
    expect(await readOnce(meter)).toHaveLength(1)
  })

  test('silence ends with the deadline of the read', async () => {
    const bmc = await plain()
    const { meter } = await openAt(bmc)
    bmc.mood = () => true
    const late = readOnce(meter, AbortSignal.timeout(50))
    await expect(late).rejects.toMatchObject({
      code: 'REDFISH_UNREACHABLE',
      message: expect.stringContaining('in time'),
    })
  })

  test('an answer that never ends is given up in time, while garbage is collected', async () => {
    // A signal that nobody holds but the request is collected, and then never aborts.
    setFlagsFromString('--expose-gc')
    const collecting = setInterval(runInNewContext('gc') as () => void, 10)
    const bmc = await plain()
    bmc.mood = (_request, response) => Boolean(response.writeHead(200).write('{'))
    const line = new BmcLine({ address: bmc.address, insecure: true })
    try {
      const endless = line.inTime(0.3, new AbortController().signal, (signal) =>
        line.send({ method: 'GET', path: '/redfish/v1/', signal }),
      )
      await expect(endless).rejects.toMatchObject({
        code: 'REDFISH_UNREACHABLE',
        message: expect.stringContaining('in time'),
      })
    } finally {
      clearInterval(collecting)
      line.close()
    }
  })

  test('a redirect within the BMC is followed: iLO adds a slash', async () => {
    const bmc = await plain()
    bmc.mood = (request, response) => {
      const { url = '', method } = request
      if (method !== 'GET') return false
      if (!url.endsWith('/')) return Boolean(response.writeHead(308, { location: `${url}/` }).end())
      const resource = bmc.resources[url] ?? bmc.resources[url.replace(/\/$/, '')]
      return Boolean(response.writeHead(resource ? 200 : 404).end(JSON.stringify(resource ?? {})))
    }
    const { meter } = await openAt(bmc)
    expect(await readOnce(meter)).toHaveLength(1)
  })

  test('links lead to no other host', async () => {
    const other = await plain()
    const bmc = await plain()
    const chassis = bmc.resources['/redfish/v1/Chassis/1U'] as Record<string, unknown>
    chassis['EnvironmentMetrics'] = { '@odata.id': `//${new URL(other.address).host}/redfish/v1/` }
    await expect(openAt(bmc)).rejects.toMatchObject({
      message: expect.stringContaining('links to another host'),
    })
    expect(other.requests).toEqual([])
  })

  test('nobody is there', async () => {
    const bmc = await new FakeBmc({}).listen()
    const { address } = bmc
    await bmc.close()
    const gone = { address } as FakeBmc
    await expect(openAt(gone)).rejects.toMatchObject({ outcome: 'retry', code: 'REDFISH_UNREACHABLE' })
    expect(await probeAt(gone)).toMatchObject({
      available: false,
      why: expect.stringContaining('ECONNREFUSED'),
    })
  })
})

describe('TLS', () => {
  test('a certificate that nobody knows is refused, with what to do', async () => {
    const bmc = await bmcOf(recorded('dmtf-rackmount'), true)
    await expect(openAt(bmc)).rejects.toMatchObject({ outcome: 'fatal', code: 'REDFISH_CERTIFICATE' })
    expect(await probeAt(bmc)).toMatchObject({
      available: false,
      fixes: [expect.stringContaining('openssl'), expect.stringContaining('caFile'), expect.anything()],
    })
    expect(bmc.requests).toEqual([])
  })

  test('the BMC’s own certificate is trusted when it is named, for the name that it bears', async () => {
    const bmc = await bmcOf(recorded('dmtf-rackmount'), true)
    await expect(openAt(bmc, { options: { caFile: CERTIFICATE } })).rejects.toMatchObject({
      code: 'REDFISH_CERTIFICATE',
      message: expect.stringContaining('ALTNAME'),
    })
    const { meter, said } = await openAt(bmc, {
      options: { caFile: CERTIFICATE, serverName: 'idrac-7ABC123' },
    })
    expect(await readOnce(meter)).toHaveLength(1)
    expect(said.map(({ code }) => code)).not.toContain('tls-unverified')
  })

  test('no verification only when asked for, and said aloud', async () => {
    const bmc = await bmcOf(recorded('dmtf-rackmount'), true)
    const { meter, said } = await openAt(bmc, { options: { insecure: true } })
    expect(await readOnce(meter)).toHaveLength(1)
    expect(said).toContainEqual(expect.objectContaining({ code: 'tls-unverified' }))
  })

  test('a caFile that is not there', async () => {
    const bmc = await bmcOf(recorded('dmtf-rackmount'), true)
    await expect(openAt(bmc, { options: { caFile: '/none.pem' } })).rejects.toMatchObject({
      code: 'REDFISH_CERTIFICATE',
      message: expect.stringContaining('/none.pem: ENOENT'),
    })
  })
})

describe('options', () => {
  test.each([
    [{ address: undefined }, 'address: expected https://HOST'],
    [{ address: 'bmc' }, 'address: expected https://HOST'],
    [{ address: 'https://bmc/redfish' }, 'address: expected https://HOST'],
    [{ address: 'http://bmc', insecure: false }, 'address: http shows the password'],
    [{ updatePeriod: 0 }, 'updatePeriod: expected seconds'],
    [{ auth: 'digest' }, "auth: expected 'session' or 'basic'"],
    [{ verify: false }, 'unknown: verify; expected address, chassis, '],
  ])('%j', async (options, message) => {
    const bmc = await plain()
    await expect(openAt(bmc, { options })).rejects.toMatchObject({
      code: 'METER_OPTIONS_INVALID',
      message: expect.stringContaining(message),
    })
  })
})
