import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, describe, expect } from 'vitest'
import { type Place, STEADY, test } from './processes.ts'

const HOUR = 3_600_000

/** A CSV of hours that begin with this one; an empty text is a gap. */
function hours(place: Place, figures: readonly (number | '')[], begin = wholeHour()): string {
  const rows = figures.map((figure, hour) => `${new Date(begin + hour * HOUR).toISOString()},${figure}`)
  const path = place.write('forecast.csv', `time,gramsPerKilowattHour\n${rows.join('\n')}\n`)
  return `csv=${JSON.stringify({ path })}`
}

function wholeHour(): number {
  return Math.floor(Date.now() / HOUR) * HOUR
}

const servers: Server[] = []
afterAll(() => {
  for (const server of servers) server.close()
})

/** A service on this host; it ends with the tests. */
async function service(reply: (url: string) => { status: number; body: string }): Promise<string> {
  const server: Server = createServer((request, response) => {
    const { status, body } = reply(request.url ?? '')
    response.writeHead(status, { 'content-type': 'application/json' }).end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  servers.push(server)
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** Nothing of this user's cache. */
const env = (place: Place, more: NodeJS.ProcessEnv = {}) => ({
  env: { XDG_CACHE_HOME: place.path('cache'), TZ: 'Europe/Berlin', ...more },
})

describe.concurrent('ergometer when', () => {
  test('tells the start with the least mean intensity, what it saves, and in whose time', async ({
    place,
  }) => {
    const begin = wholeHour()
    const figures = Array.from({ length: 30 }, (_, hour) => (hour >= 5 && hour < 8 ? 100 : 400))
    const source = hours(place, figures, begin)
    const args = ['when', '--hours', '3', '--source', source, '--kilowatt-hours', '10']
    const { code, stdout, stderr } = await place.cli([...args, '--json'], env(place))
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const answer = JSON.parse(stdout.toString())
    expect(answer).toMatchObject({
      schema: 'ergometer.when/1',
      source: 'csv',
      kind: 'average',
      basis: 'lifecycle',
      hours: 3,
      kilowattHours: 10,
      best: { gramsPerKilowattHour: 100, gramsCo2e: 1000 },
      now: { gramsPerKilowattHour: 400, gramsCo2e: 4000 },
      saving: { share: 0.75, gramsPerKilowattHour: 300, gramsCo2e: 3000 },
      gaps: [],
    })
    expect(Date.parse(answer.best.start)).toBe(begin + 5 * HOUR)
    expect(Date.parse(answer.best.end)).toBe(begin + 8 * HOUR)
    expect(answer.best.start).toMatch(/^\d{4}-\d\d-\d\dT\d\d:00:00\+0[12]:00$/)
    expect(Date.parse(answer.window.until) - Date.parse(answer.window.from)).toBe(24 * HOUR)

    const text = (await place.cli(args, env(place))).stdout.toString()
    expect(text).toMatch(/^Start {5}\w{3} \d{4}-\d\d-\d\d \d\d:00 \+0[12]:00 · ends /)
    expect(text).toContain('Saving    75 % · 3.00 kg CO2e')
  })

  test('keeps to the time for starts, and never needs a gap', async ({ place }) => {
    const source = hours(place, [400, 400, 400, 300, 300, '', 1, 1, 1, 1, 400, 400, 400])
    const json = async (...more: string[]) => {
      const { stdout } = await place.cli(['when', '--source', source, '--json', ...more], env(place))
      return JSON.parse(stdout.toString())
    }
    // What is best by far begins later than that.
    const until = new Date(wholeHour() + 4.5 * HOUR).toISOString()
    expect((await json('--hours', '1', '--until', until)).best.gramsPerKilowattHour).toBe(300)
    // With the gap six hours would be 1.
    const long = await json('--hours', '6', '--within', '8')
    expect(Date.parse(long.best.start)).toBeGreaterThanOrEqual(Date.parse(long.gaps[0].to))
    expect(long.gaps[0].seconds).toBe(3600)
  })

  test('asks a service, with a fake one in its place', async ({ place }) => {
    const asked: string[] = []
    const begin = Math.floor(Date.now() / (HOUR / 2)) * (HOUR / 2)
    const minute = (time: number) => `${new Date(time).toISOString().slice(0, 16)}Z`
    const data = Array.from({ length: 96 }, (_, index) => ({
      from: minute(begin + (index * HOUR) / 2),
      to: minute(begin + ((index + 1) * HOUR) / 2),
      intensity: { forecast: index === 20 ? 40 : 200, actual: null, index: 'low' },
    }))
    const url = await service((path) => {
      asked.push(path)
      return { status: 200, body: JSON.stringify({ data }) }
    })
    const source = `carbonintensity-uk=${JSON.stringify({ url })}`
    const args = ['when', '--hours', '0.5', '--source', source, '--zone', 'gb', '--json']
    const { code, stdout, stderr } = await place.cli(args, env(place))
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const answer = JSON.parse(stdout.toString())
    expect(answer).toMatchObject({ zone: 'GB', basis: 'direct', best: { gramsPerKilowattHour: 40 } })
    expect(answer.terms).toContain('CC BY 4.0')
    expect(Date.parse(answer.best.start)).toBe(begin + 10 * HOUR)
    expect(asked[0]).toMatch(/^\/intensity\/[\dT-]+:[03]0Z\/fw48h$/)
    // Asked again within five minutes, it is not troubled: no address comes twice.
    await place.cli(args, env(place))
    expect(new Set(asked).size).toBe(asked.length)
  })

  const wrong: readonly [args: readonly string[], message: RegExp][] = [
    [['--source', 'csv'], /--hours/],
    [['--hours', '6'], /--source/],
    [['--hours', '0', '--source', 'csv'], /--hours '0': expected a number above 0/],
    [['--hours', 'six', '--source', 'csv'], /--hours 'six'/],
    [['--hours', '6', '--source', 'nonsense'], /"nonsense": expected one of .*watttime/],
    [['--hours', '6', '--source', 'csv={'], /no JSON/],
    [['--hours', '6', '--source', 'csv={"nonsense":1}'], /unknown: nonsense/],
    [['--hours', '6', '--source', 'csv={"path":"missing.csv"}'], /missing\.csv cannot be read/],
    [['--hours', '6', '--source', 'csv={"path":"x"}', '--within', '-1'], /--within '-1'/],
    [
      ['--hours', '6', '--source', 'csv={"path":"x"}', '--until', 'tomorrow'],
      /--until 'tomorrow': expected ISO 8601/,
    ],
    [['--hours', '6', '--source', 'csv={"path":"x"}', '--until', '2020-01-01T00:00Z'], /a time to come/],
    [
      ['--hours', '6', '--source', 'csv={"path":"x"}', '--until', '2020-01-01T00:00Z', '--within', '5'],
      /expected one of them/,
    ],
    [['--hours', '6', '--source', 'carbonintensity-uk', '--zone', 'FR'], /knows GB alone/],
    [['--hours', '6', '--source', 'electricity-maps={"zone":"DE"}'], /set ELECTRICITY_MAPS_TOKEN/],
    [['--hours', '6', '--source', 'csv={"path":"x"}', '--zone', 'ATLANTIS'], /'ATLANTIS'/],
    [['--hours', '6', '--source', 'csv={"path":"x"}', '--kilowatt-hours', '0'], /--kilowatt-hours '0'/],
  ]
  test.for(wrong)('refuses %j', async ([args, message], { place }) => {
    const { code, stdout, stderr } = await place.cli(['when', ...args], env(place))
    expect({ code, stdout: stdout.toString() }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(message)
    expect(stderr).toMatch(/^ergometer: [^\n]*\n$/)
  })

  test('says in one line, with exit code 1, that a source cannot tell', async ({ place }) => {
    const refused = await service(() => ({ status: 403, body: '{"error":"not in your plan"}' }))
    const page = await service(() => ({ status: 200, body: '<html>log in</html>' }))
    const cases: readonly [source: string, message: RegExp, hours?: string][] = [
      ['bundled', /bundled: .*no forecast/],
      [`carbonintensity-uk={"url":"${refused}"}`, /answered 403 .*not in your plan/],
      [`carbonintensity-uk={"url":"${page}"}`, /HTML page/],
      [hours(place, [100, 200]), /of no 60 h .* foreseen/, '60'],
    ]
    for (const [source, message, long = '6'] of cases) {
      const { code, stdout, stderr } = await place.cli(
        ['when', '--hours', long, '--source', source],
        env(place),
      )
      expect({ source, code, stdout: stdout.toString() }).toEqual({ source, code: 1, stdout: '' })
      expect(stderr).toMatch(message)
      expect(stderr).toMatch(/^ergometer: [^\n]*\n$/)
    }
  })
})

describe.concurrent('ergometer report', () => {
  test('--what-if and --equivalents add what was asked for, in all forms', async ({ place }) => {
    await place.cli(['run', '--zone', 'DE', '--meter', STEADY, '--', 'sleep', '0.3'])
    const asked = ['report', '--what-if', 'FR,US-CA,aws:eu-north-1', '--equivalents', '--pue', '2']
    const report = JSON.parse((await place.cli([...asked, '--json'])).stdout.toString())
    const kilowattHours = (report.energy.joules * 2) / 3.6e6
    expect(report.whatIf.map((one: { zone: string }) => one.zone)).toEqual(['FR', 'US-CA', 'aws:eu-north-1'])
    expect(report.whatIf[0].gramsCo2e).toBeCloseTo(kilowattHours * 44.18, 9)
    expect(report.whatIf[1]).toMatchObject({
      basis: 'direct',
      notComparable: expect.stringContaining('lifecycle'),
    })
    expect(report.whatIf[2]).toMatchObject({ estimated: true, source: expect.stringContaining('of SE') })
    expect(report.equivalents.map((one: { id: string }) => one.id)).toContain('phone-charges')
    for (const more of [[], ['--format', 'md']]) {
      const text = (await place.cli([...asked, ...more])).stdout.toString()
      expect(text).toContain('What if')
      expect(text).toContain('US EPA, Greenhouse Gas Equivalencies Calculator, 2024')
    }
    const plain = await place.report()
    expect(plain).not.toHaveProperty('whatIf')
    expect(plain).not.toHaveProperty('equivalents')
    for (const [zones, message] of [
      ['FR,ATLANTIS', /"ATLANTIS"/],
      ['FR,,DE', /--what-if 'FR,,DE': expected zones/],
    ] as const) {
      const { code, stdout, stderr } = await place.cli(['report', '--what-if', zones])
      expect({ code, stdout: stdout.toString() }).toEqual({ code: 2, stdout: '' })
      expect(stderr).toMatch(message)
    }
  })
})
