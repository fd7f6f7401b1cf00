import * as z from 'zod/mini'
import type { StandardSchema } from './standard-schema.ts'

// Messages of our own: zod/mini has none, and a table of them costs more than the rest.

/** A text that says something. */
export const textOption = z
  .string('expected a text')
  .check(z.minLength(1, 'expected a text that is not empty'))

/** The name of an environment variable. */
export const variableOption = z
  .string('expected the name of an environment variable')
  .check(z.regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'expected the name of an environment variable, not its value'))

/** The address of a service, without credentials: those come by environment or file. */
export const urlOption = z
  .string('expected an address, http:// or https://')
  .check(
    z.refine(isPlainAddress, 'expected an address, http:// or https://, without a name or password in it'),
  )

/** `average` or `marginal`. */
export const kindOption = z.enum(['average', 'marginal'], 'expected average or marginal')

/** `lifecycle` or `direct`. */
export const basisOption = z.enum(['lifecycle', 'direct'], 'expected lifecycle or direct')

/** The schema of a source's options: these, and no others. */
export function optionsOf<Shape extends z.core.$ZodShape>(
  shape: Shape,
): StandardSchema<z.input<z.ZodMiniObject<Shape>>, z.output<z.ZodMiniObject<Shape>>> {
  const names = Object.keys(shape).join(', ')
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `unknown: ${issue.keys?.join(', ')}; expected some of ${names}`
        : 'expected an object',
  }) as never
}

function isPlainAddress(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, username, password } = new URL(text)
  return /^https?:$/.test(protocol) && username === '' && password === ''
}
