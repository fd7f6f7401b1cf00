import { DOMAIN_KINDS, type Domain, METHODS, type Reads } from '@ergometer/meter'
import { isNumber, isObject, text } from './untrusted.ts'

const DOMAIN_ID = /^[A-Za-z0-9_./:-]{1,128}$/

/** A domain as somebody declared it, checked and copied; or, as text, what is wrong with it. */
export function declaredDomain(value: unknown): Domain | string {
  if (!isObject(value)) return 'expected an object'
  const { id, kind, label, method, maxWatts, updatePeriod, lateBy, identity, within, feeds, attributes } =
    value
  if (typeof id !== 'string' || !DOMAIN_ID.test(id)) return `id: expected ${DOMAIN_ID.source}`
  if (!DOMAIN_KINDS.includes(kind as never)) return `kind: expected one of ${DOMAIN_KINDS.join(', ')}`
  if (!METHODS.includes(method as never)) return `method: expected one of ${METHODS.join(', ')}`
  const reads = declaredReads(value['reads'])
  if (typeof reads === 'string') return `reads: ${reads}`
  for (const [name, seconds] of Object.entries({ maxWatts, updatePeriod, lateBy })) {
    if (seconds !== undefined && !(isNumber(seconds) && seconds > 0))
      return `${name}: expected a number above 0`
  }
  if (reads.quantity === 'energy' && reads.wrapsAt !== undefined && maxWatts === undefined) {
    return 'maxWatts: required beside wrapsAt, to tell a wrap from a reset'
  }
  const uncertainty = declaredUncertainty(value['standardUncertainty'])
  if (typeof uncertainty === 'string') return `standardUncertainty: ${uncertainty}`
  return {
    id,
    kind: kind as Domain['kind'],
    label: text(typeof label === 'string' && label !== '' ? label : id),
    method: method as Domain['method'],
    reads,
    ...(uncertainty ? { standardUncertainty: uncertainty } : {}),
    ...(isNumber(maxWatts) ? { maxWatts } : {}),
    ...(isNumber(updatePeriod) ? { updatePeriod } : {}),
    ...(isNumber(lateBy) ? { lateBy } : {}),
    ...(typeof identity === 'string' ? { identity: text(identity) } : {}),
    ...(typeof within === 'string' ? { within: text(within) } : {}),
    ...(feeds === 'this-host' ? { feeds } : {}),
    ...(isObject(attributes) ? { attributes: declaredAttributes(attributes) } : {}),
  }
}

function declaredReads(value: unknown): Reads | string {
  if (!isObject(value)) return 'expected an object'
  const { quantity, averagedOver, joulesPerCount, wrapsAt } = value
  if (quantity === 'power') {
    if (averagedOver !== undefined && !(isNumber(averagedOver) && averagedOver >= 0)) {
      return 'averagedOver: expected seconds'
    }
    return { quantity, ...(averagedOver ? { averagedOver } : {}) }
  }
  if (quantity === 'interval-energy') return { quantity }
  if (quantity !== 'energy') return 'quantity: expected power, energy or interval-energy'
  if (!isNumber(joulesPerCount) || joulesPerCount <= 0) return 'joulesPerCount: expected a number above 0'
  if (wrapsAt !== undefined && !(isNumber(wrapsAt) && wrapsAt > 0)) return 'wrapsAt: expected counts above 0'
  return { quantity, joulesPerCount, ...(wrapsAt === undefined ? {} : { wrapsAt }) }
}

function declaredUncertainty(value: unknown): Domain['standardUncertainty'] | string {
  if (value === undefined) return undefined
  if (!isObject(value)) return 'expected an object'
  const { relative, shared } = value
  if (!isNumber(relative) || relative <= 0) return 'relative: expected a number above 0; absent when unknown'
  if (shared !== 'domain' && shared !== 'meter') return "shared: expected 'domain' or 'meter'"
  return { relative, shared }
}

function declaredAttributes(value: Record<string, unknown>): NonNullable<Domain['attributes']> {
  const kept = Object.entries(value)
    .filter((entry) => ['string', 'number', 'boolean'].includes(typeof entry[1]))
    .slice(0, 32)
    .map(([name, attribute]) => [text(name), typeof attribute === 'string' ? text(attribute) : attribute])
  return Object.fromEntries(kept) as NonNullable<Domain['attributes']>
}
