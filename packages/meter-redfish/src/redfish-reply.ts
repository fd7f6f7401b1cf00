/** A resource as the BMC tells it: nothing of it is believed. */
export type RedfishReply = Readonly<Record<string, unknown>>

/** Where in a reply something is. */
export type Keys = readonly (string | number)[]

/** True for a JSON object. */
export function isReply(value: unknown): value is RedfishReply {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** What is there, or undefined. */
function partOf(reply: unknown, ...keys: Keys): unknown {
  let part = reply
  for (const key of keys) {
    if (typeof part !== 'object' || part === null || !Object.hasOwn(part, key)) return undefined
    part = (part as Record<string | number, unknown>)[key]
  }
  return part
}

/** The finite number that is there, or undefined. */
export function numberIn(reply: unknown, ...keys: Keys): number | undefined {
  const part = partOf(reply, ...keys)
  return typeof part === 'number' && Number.isFinite(part) ? part : undefined
}

/** The text that is there, or undefined; never an empty one. */
export function textIn(reply: unknown, ...keys: Keys): string | undefined {
  const part = partOf(reply, ...keys)
  return typeof part === 'string' && part !== '' ? part : undefined
}

/** The list that is there, or an empty one. */
export function listIn(reply: unknown, ...keys: Keys): readonly unknown[] {
  const part = partOf(reply, ...keys)
  return Array.isArray(part) ? part : []
}

/** The path of a linked resource, or undefined. */
export function linkIn(reply: unknown, ...keys: Keys): string | undefined {
  return textIn(reply, ...keys, '@odata.id')?.replace(/(.)\/$/, '$1')
}

/** The paths of the linked resources of a list. */
export function linksIn(reply: unknown, ...keys: Keys): readonly string[] {
  return listIn(reply, ...keys).flatMap((one) => linkIn(one) ?? [])
}
