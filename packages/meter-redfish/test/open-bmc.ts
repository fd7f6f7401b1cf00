import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chooseBoundary, EnergyCurve } from '@ergometer/core'
import { type Domain, definitionOf, type EnergyMeter, parseOptions, realContext } from '@ergometer/meter'
import { onTestFinished } from 'vitest'
import redfish from '../src/index.ts'
import { FakeBmc, PASSWORD, type Resources, USER } from './fake-bmc.ts'

export const ENV = { REDFISH_USER: USER, REDFISH_PASSWORD: PASSWORD }

/** A BMC that runs until the test has ended. */
export async function bmcOf(resources: Resources, tls = false): Promise<FakeBmc> {
  const bmc = await new FakeBmc(resources, tls).listen()
  onTestFinished(() => bmc.close())
  return bmc
}

/** A root of `/sys` whose machine has this UUID; without one nobody may read it. */
export function sysRootOf(uuid?: string): string {
  const root = mkdtempSync(join(tmpdir(), 'ergometer-redfish-'))
  onTestFinished(() => rmSync(root, { recursive: true }))
  mkdirSync(join(root, 'class/dmi/id'), { recursive: true })
  if (uuid !== undefined) writeFileSync(join(root, 'class/dmi/id/product_uuid'), `${uuid}\n`)
  return root
}

export interface World {
  readonly options?: object
  readonly env?: Record<string, string | undefined>
  readonly sysRoot?: string
  /** Seconds. */
  readonly clock?: () => number
}

const definition = definitionOf(redfish)

function contextOf({ env = ENV, sysRoot = '/nowhere', clock = () => 0 }: World) {
  const said: { message: string; code?: string | undefined }[] = []
  const log = (message: string, details?: { code?: string }) => said.push({ message, code: details?.code })
  return { said, context: realContext({ env, sysRoot, clock, log }) }
}

const optionsOf = (bmc: FakeBmc, options: object = {}) =>
  parseOptions(definition, {
    address: bmc.address,
    ...(bmc.address.startsWith('http:') ? { insecure: true } : {}),
    ...options,
  })

/** Opens the meter at a BMC; `said`: what it has to say. */
export async function openAt(bmc: FakeBmc, world: World = {}) {
  const { said, context } = contextOf(world)
  const meter = await definition.open(await optionsOf(bmc, world.options), context)
  onTestFinished(async () => void (await meter.close?.()))
  return { meter, said }
}

/** What the meter says of whether it can work. */
export async function probeAt(bmc: FakeBmc, world: World = {}) {
  return definition.probe?.(await optionsOf(bmc, world.options), contextOf(world).context)
}

export interface Recorded {
  readonly index: number
  readonly value: number
  readonly time: number | undefined
}

/** Reads once. */
export async function readOnce(
  meter: EnergyMeter,
  signal = AbortSignal.timeout(10_000),
): Promise<Recorded[]> {
  const readings: Recorded[] = []
  const record = (index: number, value: number, at?: { time?: number | Date }) => {
    readings.push({ index, value, time: at?.time as number | undefined })
  }
  const rest = { gauge: () => {}, share: () => {}, restart: () => {}, uncertainty: () => {} }
  await meter.read(Object.assign(record, rest), signal)
  return readings
}

/** Joules and covered seconds by domain id, as core makes them of what was recorded. */
export function energyOf(domains: readonly Domain[], readings: readonly Recorded[], interval: number) {
  return Object.fromEntries(
    domains.map((domain, index) => {
      const curve = new EnergyCurve(domain, interval)
      const own = readings.filter((reading) => reading.index === index)
      const segments = own.flatMap(({ time, value }) => curve.add(time ?? 0, value).segments)
      const sum = (of: (segment: (typeof segments)[number]) => number) =>
        segments.reduce((total, one) => total + of(one), 0)
      return [domain.id, { joules: sum(({ joules }) => joules), seconds: sum(({ from, to }) => to - from) }]
    }),
  )
}

/** What counts of these domains; `coverage` by domain id, 1 for what is not named. */
export function countedOf(domains: readonly Domain[], coverage: Record<string, number> = {}) {
  return chooseBoundary(
    domains.map((domain) => ({
      id: domain.id,
      meter: domain.id,
      domain,
      coverage: coverage[domain.id] ?? 1,
    })),
  )
}
