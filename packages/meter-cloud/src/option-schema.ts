import * as z from 'zod/mini'

/** A text that matches a pattern; of any other `expected` is said, never the text. */
export function matching(pattern: RegExp, expected: string) {
  return z.string(`expected ${expected}`).check(z.regex(pattern, `expected ${expected}`))
}

/** The option `thisHost`: whether it is the machine that runs this. */
export const thisHostOption = z.optional(z.boolean('expected true or false'))

/** An object of these options and no others. `hint`: what else is said where there are others. */
export function strictOptions<Shape extends z.core.$ZodLooseShape>(shape: Shape, hint = '') {
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `unknown: ${issue.keys?.join(', ')}; expected ${Object.keys(shape).join(', ')}${hint}`
        : 'expected an object with a provider',
  })
}
