import {
  type Availability,
  asMeterError,
  type Domain,
  defineMeter,
  type EnergyMeter,
  type MeterContext,
  MeterError,
  type RecordReading,
} from '@ergometer/meter'
import { BmcLine } from './bmc-line.ts'
import { BmcSession, readReply } from './bmc-session.ts'
import { CounterChanges } from './counter-changes.ts'
import { readCredentials } from './credentials.ts'
import { type Chassis, findChassis, idOf } from './find-chassis.ts'
import type { PowerSource } from './power-source.ts'
import { type RedfishOptions, redfishOptions } from './redfish-options.ts'
import { numberIn, type RedfishReply, textIn } from './redfish-reply.ts'
import { sourceDomain, worthMetering } from './source-domain.ts'
import { isThisHost, readUuid } from './this-host.ts'

/** Seconds in which a BMC has to have shown where its power is: opening has 10 s. */
const PATIENCE = 9
const ROOT = '/redfish/v1/'

/** The meter `redfish`: what a server's BMC tells of its power and energy. */
export default defineMeter(import.meta.url, {
  name: 'redfish',
  options: redfishOptions,
  interval: 5,
  probe,
  open,
})

async function probe(options: RedfishOptions, context: MeterContext): Promise<Availability> {
  let line: BmcLine | undefined
  try {
    readCredentials(options, context)
    const asked = new BmcLine(options)
    line = asked
    // The one resource that anybody may read: nobody logs in, and no account can be locked.
    const reply = await asked.inTime(PATIENCE, context.signal, (signal) =>
      asked.send({ method: 'GET', path: ROOT, signal }),
    )
    readReply(asked.address, ROOT, reply)
    return { available: true }
  } catch (error) {
    const { message, fixes } = asMeterError(error, 'redfish')
    return { available: false, why: message, ...(fixes ? { fixes } : {}) }
  } finally {
    line?.close()
  }
}

async function open(options: RedfishOptions, context: MeterContext): Promise<EnergyMeter> {
  const credentials = readCredentials(options, context)
  const line = new BmcLine(options)
  const session = new BmcSession(line, credentials, options.auth ?? 'session')
  if (options.insecure) sayInsecure(options, context)
  try {
    return await line.inTime(PATIENCE, context.signal, (signal) =>
      openChassis(options, session, context, signal),
    )
  } catch (error) {
    await session.close()
    throw error
  }
}

async function openChassis(
  options: RedfishOptions,
  session: BmcSession,
  context: MeterContext,
  signal: AbortSignal,
): Promise<EnergyMeter> {
  const chassis = await findChassis(options.chassis, session, signal)
  const [system, ...others] = chassis.systems
  // Of several systems in a chassis none is the one that it feeds.
  const alone = system !== undefined && others.length === 0
  const uuid = alone ? readUuid(textIn(await session.find(system, signal), 'UUID')) : undefined
  const sources = worthMetering(chassis.sources)
  const id = idOf(chassis)
  const facts = {
    chassis: id,
    label: labelOf(chassis),
    identity: uuid === undefined ? `chassis:${new URL(options.address).host}/${id}` : `host:${uuid}`,
    thisHost: feedsThisHost(options.thisHost, isThisHost(uuid, context.sysRoot), context),
    updatePeriod: options.updatePeriod,
  }
  if (sources.length < chassis.sources.length) sayCoarse(id, context)
  return new ChassisMeter(
    sources,
    sources.map((source) => sourceDomain(source, facts)),
    session,
    context,
  )
}

function labelOf(chassis: Chassis): string {
  const model = [textIn(chassis.reply, 'Manufacturer'), textIn(chassis.reply, 'Model')]
    .filter(Boolean)
    .join(' ')
  return `${model || 'Chassis'} ${idOf(chassis)}`
}

/** The user's word counts, else two equal UUIDs; what is not known to feed this host is not said to. */
function feedsThisHost(said: boolean | undefined, seen: boolean | undefined, { log }: MeterContext): boolean {
  const warning = { severity: 'warning', code: 'host-unknown' } as const
  if (said === true && seen === false) {
    log(
      '"thisHost" is true, but this machine has another UUID than the server of the BMC: is it the right address?',
      { ...warning, code: 'host-mismatch' },
    )
  }
  if (said !== undefined) return said
  if (seen === true) return true
  log(
    seen === false
      ? 'the BMC is that of another machine: its power is listed, and counts only if nothing else does'
      : 'whether the BMC is that of this machine cannot be seen: its power is listed, and counts only if nothing else does; if it is, say "thisHost": true',
    warning,
  )
  return false
}

function sayInsecure({ address }: RedfishOptions, { log }: MeterContext): void {
  const what = address.startsWith('http:') ? 'nothing is encrypted' : 'its certificate is not checked'
  log(
    `${new URL(address).origin}: ${what} ("insecure": true), so anybody on the network can pose as the BMC and read the password; name its certificate as "caFile"`,
    {
      severity: 'warning',
      code: 'tls-unverified',
    },
  )
}

function sayCoarse(chassis: string, { log }: MeterContext): void {
  log(`chassis ${chassis}: its energy counter has too coarse steps, its power is read instead`, {
    code: 'energy-coarse',
  })
}

class ChassisMeter implements EnergyMeter {
  readonly domains: readonly Domain[]
  readonly #sources: readonly PowerSource[]
  readonly #session: BmcSession
  readonly #clock: () => number
  readonly #counters: ReadonlyMap<PowerSource, CounterChanges>

  constructor(
    sources: readonly PowerSource[],
    domains: readonly Domain[],
    session: BmcSession,
    { clock }: MeterContext,
  ) {
    this.domains = domains
    this.#sources = sources
    this.#session = session
    this.#clock = clock
    const counters = sources.filter(({ quantity }) => quantity === 'energy')
    this.#counters = new Map(counters.map((source) => [source, new CounterChanges()]))
  }

  async read(record: RecordReading, signal: AbortSignal): Promise<void> {
    let shown = 0
    for (const path of new Set(this.#sources.map((source) => source.path))) {
      const asked = this.#clock()
      const reply = await this.#session.get(path, signal)
      // A BMC takes its time, and looks at its sensors somewhere in between.
      shown += this.#record(record, path, reply, (asked + this.#clock()) / 2)
    }
    if (shown > 0) return
    throw new MeterError(`${this.#sources[0]?.path} shows no power now, expected a number above 0`, {
      outcome: 'retry',
      code: 'REDFISH_UNREADABLE',
    })
  }

  #record(record: RecordReading, path: string, reply: RedfishReply, time: number): number {
    let shown = 0
    for (const [index, source] of this.#sources.entries()) {
      if (source.path !== path) continue
      const value = numberIn(reply, ...source.keys)
      // The BMC itself draws power: 0 W is what it says when it does not know.
      if (value === undefined || value === 0) continue
      shown++
      const counter = this.#counters.get(source)
      if (counter === undefined) record(index, value, { time })
      else
        for (const change of counter.take({ time, count: value }))
          record(index, change.count, { time: change.time })
    }
    return shown
  }

  close(): Promise<void> {
    return this.#session.close()
  }
}
