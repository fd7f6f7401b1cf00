import { declaredAvailability } from './availability.ts'
import { declaredDomains } from './declared-domain.ts'
import { isInterval, isMeterName } from './define-meter.ts'
import type { Domain } from './domain.ts'
import type { LogDetails } from './meter-context.ts'
import { invalid, MeterError, OUTCOMES } from './meter-error.ts'
import type {
  Gauge,
  MeterHandle,
  Reading,
  ReadResult,
  Restart,
  Share,
  WallTimes,
  WiderUncertainty,
} from './meter-handle.ts'
import type { Probed } from './probe-meter.ts'
import { MOST_WAITING, numberOrNaN } from './record-readings.ts'
import { cut, isFraction, isIndex, isNumber, isObject } from './untrusted.ts'

// A meter shares its process with the program that speaks for it, so whatever arrives from there may be anything.

const LONGEST_LINE = 1000
const SEVERITIES = ['info', 'warning', 'error'] as const

/**
 * The answer to `open`, if that is what the message is.
 * @throws MeterError `METER_INVALID`
 */
export function openedIn(
  { opened }: Record<string, unknown>,
  what: string,
): Pick<MeterHandle, 'name' | 'interval' | 'domains'> | undefined {
  if (!isObject(opened)) return undefined
  const { name, interval } = opened
  if (!isMeterName(name)) throw invalid(what, 'name: expected lower-case letters, digits and dashes')
  if (!isInterval(interval)) throw invalid(what, 'interval: expected seconds')
  return { name, interval, domains: domainsOf(opened, what) }
}

/**
 * The answer to `probe`, if that is what the message is.
 * @throws MeterError `METER_INVALID`
 */
export function probedIn(
  { probed }: Record<string, unknown>,
  what: string,
): (Probed & { name: string }) | undefined {
  if (!isObject(probed)) return undefined
  const { name, availability } = probed
  if (!isMeterName(name)) throw invalid(what, 'name: expected lower-case letters, digits and dashes')
  return { name, availability: declaredAvailability(availability), domains: domainsOf(probed, what) }
}

function domainsOf({ domains }: Record<string, unknown>, what: string): readonly Domain[] {
  const checked = declaredDomains(domains)
  if (typeof checked === 'string') throw invalid(what, checked)
  return checked
}

/** The answer to the read of that number, if that is what the message is. `domains`: how many the meter has. */
export function resultIn(
  message: Record<string, unknown>,
  read: number,
  domains: number,
): (ReadResult & { alive: boolean }) | undefined {
  if (message['read'] !== read) return undefined
  const shares = listIn(message, 'shares').flatMap((one) => shareIn(one, domains))
  const restarts = listIn(message, 'restarts').flatMap((one) => restartIn(one, domains))
  const uncertainties = listIn(message, 'uncertainties').flatMap((one) => uncertaintyIn(one, domains))
  return {
    readings: listIn(message, 'readings').flatMap((one) => readingIn(one, domains)),
    gauges: listIn(message, 'gauges').flatMap((one) => gaugeIn(one, domains)),
    ...(shares.length > 0 ? { shares } : {}),
    ...(restarts.length > 0 ? { restarts } : {}),
    ...(uncertainties.length > 0 ? { uncertainties } : {}),
    ...(message['error'] === undefined ? {} : { error: failureIn(message['error']) }),
    alive: message['alive'] === true,
  }
}

function listIn(message: Record<string, unknown>, key: string): unknown[] {
  const list = message[key]
  return Array.isArray(list) ? list.slice(0, MOST_WAITING) : []
}

/** JSON has no NaN and no infinity: they arrive as null, and are NaN again. */
function readingIn(value: unknown, domains: number): Reading[] {
  if (!isObject(value) || !isIndex(value['domain'], domains)) return []
  const { domain, time, from } = value
  const wall = wallIn(value['wall'])
  return [
    {
      domain,
      value: numberOrNaN(value['value']),
      time: numberOrNaN(time),
      ...(from === undefined ? {} : { from: numberOrNaN(from) }),
      ...(wall ? { wall } : {}),
    },
  ]
}

function wallIn(wall: unknown): WallTimes | undefined {
  if (!isObject(wall)) return undefined
  const { time, from } = wall
  if (!isNumber(time) || (from !== undefined && !isNumber(from))) return undefined
  return from === undefined ? { time } : { time, from }
}

function gaugeIn(gauge: unknown, domains: number): Gauge[] {
  if (!isObject(gauge)) return []
  const { domain, name, value } = gauge
  if (!isIndex(domain, domains) || typeof name !== 'string' || !isNumber(value)) return []
  return [{ domain, name: cut(name), value }]
}

function shareIn(share: unknown, domains: number): Share[] {
  if (!isObject(share)) return []
  const { domain, consumer, fraction, time } = share
  if (!isIndex(domain, domains) || typeof consumer !== 'string' || !isFraction(fraction)) return []
  return isNumber(time) ? [{ domain, consumer: cut(consumer), fraction, time }] : []
}

function restartIn(restart: unknown, domains: number): Restart[] {
  if (!isObject(restart)) return []
  const { domain, time } = restart
  return isIndex(domain, domains) && isNumber(time) ? [{ domain, time }] : []
}

function uncertaintyIn(uncertainty: unknown, domains: number): WiderUncertainty[] {
  if (!isObject(uncertainty)) return []
  const { domain, relative } = uncertainty
  return isIndex(domain, domains) && isNumber(relative) && relative > 0 ? [{ domain, relative }] : []
}

/** An error that a child tells of. */
export function failureIn(failure: unknown): MeterError {
  const { message, code, outcome } = isObject(failure) ? failure : {}
  return new MeterError(
    typeof message === 'string' ? cut(message, LONGEST_LINE) : 'it does not say what failed',
    {
      outcome: OUTCOMES.find((known) => known === outcome) ?? 'retry',
      ...(typeof code === 'string' ? { code: cut(code) } : {}),
    },
  )
}

/** A line for health that a child asks for, if the message is one. */
export function logIn({
  log,
}: Record<string, unknown>): { message: string; details: LogDetails } | undefined {
  if (!isObject(log) || typeof log['message'] !== 'string') return undefined
  const { severity, code, domain } = isObject(log['details']) ? log['details'] : {}
  const known = SEVERITIES.find((one) => one === severity)
  const details = {
    ...(known ? { severity: known } : {}),
    ...(typeof code === 'string' ? { code: cut(code) } : {}),
    ...(typeof domain === 'string' ? { domain: cut(domain) } : {}),
  }
  return { message: cut(log['message'], LONGEST_LINE), details }
}
