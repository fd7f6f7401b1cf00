import { MeterError } from '@ergometer/meter'
import type { BmcSession } from './bmc-session.ts'
import { type PowerSource, powerSources } from './power-source.ts'
import { linkIn, linksIn, type RedfishReply, textIn } from './redfish-reply.ts'

/** A chassis that shows what it draws. */
export interface Chassis {
  readonly path: string
  readonly reply: RedfishReply
  readonly sources: readonly PowerSource[]
  /** Paths of the computer systems in it. */
  readonly systems: readonly string[]
}

/** What the BMC has, as far as it was looked at. */
interface Survey {
  readonly session: BmcSession
  readonly signal: AbortSignal
  /** The computer systems, and in which chassis each says it is. */
  readonly systems: readonly { readonly path: string; readonly chassis: readonly string[] }[]
  /** Paths of all chassis. */
  readonly all: readonly string[]
}

/**
 * The chassis of the computer system: the named one, or the only one that belongs to a system and shows power.
 * Several are never added up, nor is one of them guessed.
 * @throws MeterError `REDFISH_ABSENT`, `REDFISH_CHASSIS`
 */
export async function findChassis(
  wanted: string | undefined,
  session: BmcSession,
  signal: AbortSignal,
): Promise<Chassis> {
  const survey = await look(session, signal)
  if (wanted !== undefined) return named(wanted, survey)
  const [only, ...others] = survey.systems
  // The link that was made for it; else whatever chassis says of itself that a system is in it.
  const near = others.length === 0 && only?.chassis.length === 1 ? await readAll(only.chassis, survey) : []
  const [linked] = near
  if (near.length === 1 && linked !== undefined) return single(linked)
  const found = (await readAll(survey.all, survey)).filter(holdsSystem)
  const [first] = found
  if (first !== undefined && found.length === 1) return single(first)
  if (first === undefined) throw absent('no chassis of a computer system shows power or energy', survey)
  throw ambiguous(`${found.length} chassis of computer systems show power: ${found.map(idOf).join(', ')}`)
}

/** A GPU's or drive's own chassis names the system too, and is a part of what is looked for. */
const PART = /^(Component|Module|Card|Cartridge|Expansion|StorageEnclosure)$/

function holdsSystem({ reply, systems }: Chassis): boolean {
  return systems.length > 0 && !PART.test(textIn(reply, 'ChassisType') ?? '')
}

async function look(session: BmcSession, signal: AbortSignal): Promise<Survey> {
  const root = await session.get('/redfish/v1/', signal)
  const members = async (name: string) =>
    linksIn(await session.find(linkIn(root, name) ?? `/redfish/v1/${name}`, signal), 'Members')
  const systems = []
  for (const path of await members('Systems')) {
    systems.push({ path, chassis: linksIn(await session.find(path, signal), 'Links', 'Chassis') })
  }
  return { session, signal, systems, all: await members('Chassis') }
}

async function named(wanted: string, survey: Survey): Promise<Chassis> {
  const path = survey.all.find((one) => one === wanted || lastPart(one) === wanted)
  if (path === undefined) throw absent(`there is no chassis '${wanted}'`, survey)
  const chassis = await read(path, survey)
  if (chassis === undefined) throw absent(`chassis '${wanted}' shows neither power nor energy`, survey)
  return single(chassis)
}

/** Those that show power or energy; two at a time, since a BMC is a small computer. */
async function readAll(paths: readonly string[], survey: Survey): Promise<Chassis[]> {
  const found: Chassis[] = []
  for (let index = 0; index < paths.length; index += 2) {
    const pair = await Promise.all(paths.slice(index, index + 2).map((path) => read(path, survey)))
    found.push(...pair.filter((one) => one !== undefined))
  }
  return found
}

async function read(path: string, { session, signal, systems }: Survey): Promise<Chassis | undefined> {
  const reply = await session.find(path, signal)
  if (reply === undefined) return undefined
  const inside = new Set(linksIn(reply, 'Links', 'ComputerSystems'))
  for (const system of systems) if (system.chassis.includes(path)) inside.add(system.path)
  const sources = await powerSources(reply, session, signal)
  return sources.length === 0 ? undefined : { path, reply, sources, systems: [...inside] }
}

function single(chassis: Chassis): Chassis {
  const powers = chassis.sources.filter(({ quantity }) => quantity === 'power')
  if (powers.length < 2) return chassis
  throw ambiguous(
    `chassis ${idOf(chassis)} shows ${powers.length} powers, and not which of them is all of it`,
  )
}

/** The id of a chassis. */
export function idOf({ path, reply }: Pick<Chassis, 'path' | 'reply'>): string {
  return textIn(reply, 'Id') ?? lastPart(path)
}

function lastPart(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

function absent(why: string, { all }: Survey): MeterError {
  const message = `${why}; there are: ${all.map(lastPart).slice(0, 20).join(', ') || 'none'}`
  // A BMC that has just started shows nothing yet.
  return new MeterError(message, { outcome: 'retry', code: 'REDFISH_ABSENT' })
}

function ambiguous(why: string): MeterError {
  return new MeterError(`${why}; expected one: name it as "chassis"`, {
    outcome: 'fatal',
    code: 'REDFISH_CHASSIS',
  })
}
