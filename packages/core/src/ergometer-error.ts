/** An error that a user can act on: a stable code, one clear line, the cause kept. */
export class ErgometerError extends Error {
  override readonly name = 'ErgometerError'
  readonly code: string

  /** `code`: upper case, stable; `message`: what, where, what was expected, what to do. */
  constructor(code: string, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
  }
}
