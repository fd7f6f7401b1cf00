import { DOMAIN_KINDS, type Domain, METHODS, type Reads } from './domain.ts'
import { cut, isNumber, isObject } from './untrusted.ts'

const ID = /^[A-Za-z0-9_./:-]{1,128}$/
const MOST_DOMAINS = 1024
const MOST_ATTRIBUTES = 32

/** Domains as somebody declared them, checked and copied; or, as text, what is wrong with them and where. */
export function declaredDomains(value: unknown): readonly Domain[] | string {
  if (!Array.isArray(value) || value.length > MOST_DOMAINS) {
    return `domains: expected an array of at most ${MOST_DOMAINS}`
  }
  const domains: Domain[] = []
  const ids = new Set<string>()
  for (const [index, one] of value.entries()) {
    const domain = declaredDomain(one)
    if (typeof domain === 'string') return `domains[${index}].${domain}`
    if (ids.has(domain.id)) return `domains[${index}].id: '${domain.id}' is there twice`
    ids.add(domain.id)
    domains.push(domain)
  }
  return domains
}

/** A domain as somebody declared it, checked and copied; or, as text, what is wrong with it. */
export function declaredDomain(value: unknown): Domain | string {
  const { id, kind, label, method, identity, within, feeds, attributes, ...rest } = isObject(value)
    ? value
    : {}
  if (typeof id !== 'string' || !ID.test(id)) return `id: expected ${ID.source}`
  if (!isOneOf(DOMAIN_KINDS, kind)) return `kind: expected one of ${DOMAIN_KINDS.join(', ')}`
  if (!isOneOf(METHODS, method)) return `method: expected one of ${METHODS.join(', ')}`
  const reads = declaredReads(rest['reads'])
  if (typeof reads === 'string') return `reads.${reads}`
  const figures: { maxWatts?: number; updatePeriod?: number; lateBy?: number } = {}
  for (const name of ['maxWatts', 'updatePeriod', 'lateBy'] as const) {
    const figure = rest[name]
    if (figure === undefined) continue
    if (!isNumber(figure) || figure <= 0) return `${name}: expected a number above 0`
    figures[name] = figure
  }
  if (reads.quantity === 'energy' && reads.wrapsAt !== undefined && figures.maxWatts === undefined) {
    return 'maxWatts: required beside wrapsAt, to tell a wrap from a reset'
  }
  const uncertainty = declaredUncertainty(rest['standardUncertainty'])
  if (typeof uncertainty === 'string') return `standardUncertainty.${uncertainty}`
  return {
    id,
    kind,
    label: cut(typeof label === 'string' && label !== '' ? label : id),
    method,
    reads,
    ...figures,
    ...(uncertainty ? { standardUncertainty: uncertainty } : {}),
    ...(typeof identity === 'string' ? { identity: cut(identity) } : {}),
    ...(typeof within === 'string' ? { within: cut(within) } : {}),
    ...(feeds === 'this-host' ? { feeds } : {}),
    ...(isObject(attributes) ? { attributes: declaredAttributes(attributes) } : {}),
  }
}

function isOneOf<Word extends string>(words: readonly Word[], value: unknown): value is Word {
  return (words as readonly unknown[]).includes(value)
}

function declaredReads(value: unknown): Reads | string {
  const { quantity, averagedOver, joulesPerCount, wrapsAt } = isObject(value) ? value : {}
  switch (quantity) {
    case 'power':
      if (averagedOver === undefined || averagedOver === 0) return { quantity }
      return isNumber(averagedOver) && averagedOver > 0
        ? { quantity, averagedOver }
        : 'averagedOver: expected seconds'
    case 'energy':
      if (!isNumber(joulesPerCount) || joulesPerCount <= 0) return 'joulesPerCount: expected a number above 0'
      if (wrapsAt === undefined) return { quantity, joulesPerCount }
      return isNumber(wrapsAt) && wrapsAt > 0
        ? { quantity, joulesPerCount, wrapsAt }
        : 'wrapsAt: expected counts above 0'
    case 'interval-energy':
      return { quantity }
    default:
      return 'quantity: expected power, energy or interval-energy'
  }
}

function declaredUncertainty(value: unknown): Domain['standardUncertainty'] | string {
  if (value === undefined) return undefined
  const { relative, shared } = isObject(value) ? value : {}
  if (!isNumber(relative) || relative <= 0) return 'relative: expected a number above 0; absent when unknown'
  if (shared !== 'domain' && shared !== 'meter') return "shared: expected 'domain' or 'meter'"
  return { relative, shared }
}

function declaredAttributes(value: Record<string, unknown>): NonNullable<Domain['attributes']> {
  const kept: Record<string, string | number | boolean> = Object.create(null)
  for (const [name, attribute] of Object.entries(value).slice(0, MOST_ATTRIBUTES)) {
    if (typeof attribute === 'string') kept[cut(name)] = cut(attribute)
    else if (isNumber(attribute) || typeof attribute === 'boolean') kept[cut(name)] = attribute
  }
  return { ...kept }
}
