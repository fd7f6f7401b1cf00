const DEEPEST = 16

/** Where in options something is that JSON cannot carry to another process, and what; undefined if all is well. */
export function notPlain(options: unknown): string | undefined {
  for (const fault of faults(options, 'options', 0)) return fault
  return undefined
}

function* faults(value: unknown, path: string, depth: number): Generator<string> {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return
  if (typeof value === 'number' && Number.isFinite(value)) return
  if (depth > DEEPEST) yield `${path}: nested too deep`
  else if (Array.isArray(value)) {
    for (const [index, one] of value.entries()) yield* faults(one, `${path}[${index}]`, depth + 1)
  } else if (isPlainObject(value)) {
    for (const [key, one] of Object.entries(value)) {
      if (one !== undefined) yield* faults(one, `${path}.${key}`, depth + 1)
    }
  } else yield `${path}: expected plain JSON, got ${nameOf(value)}`
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype = Object.getPrototypeOf(value)
  // Of any realm: the prototype of a plain object has none itself.
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

function nameOf(value: unknown): string {
  if (typeof value === 'number') return String(value)
  return (typeof value === 'object' && value?.constructor?.name) || typeof value
}
