const SECRET_NAME = /key|token|secret|password|passwd|credential/i
const HIDDEN = '***'

/** Arguments with the values hidden that nobody else should see: by the names of their options, and in URLs. */
export function redactArguments(args: readonly string[]): string[] {
  let hideNext = false
  return args.map((arg) => {
    const hide = hideNext
    hideNext = false
    if (hide && !arg.startsWith('-')) return HIDDEN
    const assignment = /^(-{0,2}[A-Za-z0-9_.-]+)=/.exec(arg)
    if (assignment && SECRET_NAME.test(assignment[1] as string)) return `${assignment[1]}=${HIDDEN}`
    if (/^--?[A-Za-z]/.test(arg) && SECRET_NAME.test(arg)) hideNext = true
    return redactText(arg)
  })
}

/** Text with the credentials of URLs, of HTTP headers and of JSON hidden. */
export function redactText(text: string): string {
  return text
    .replaceAll(/([a-z][a-z0-9+.-]{0,31}:\/\/)[^/?#\s]+@/gi, `$1${HIDDEN}@`)
    .replaceAll(/\b((?:bearer|authorization:\s*\w+)\s+)[A-Za-z0-9+/=._~-]+/gi, `$1${HIDDEN}`)
    .replaceAll(
      /("[^"]{0,64}(?:key|token|secret|password)[^"]{0,64}"\s*:\s*)"(?:[^"\\]|\\.)*"/gi,
      `$1"${HIDDEN}"`,
    )
    .replaceAll(/([?&][^=&?\s]{0,64}(?:key|token|secret|password)[^=&?\s]{0,64}=)[^&\s]+/gi, `$1${HIDDEN}`)
}

/** A value with everything hidden whose name looks like a secret, at any depth. */
export function redactValue(value: unknown): unknown {
  if (typeof value === 'string') return redactText(value)
  if (Array.isArray(value)) return value.map(redactValue)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      SECRET_NAME.test(name) ? HIDDEN : redactValue(inner),
    ]),
  )
}
