import * as z from 'zod/mini'
import { CarbonError } from './carbon-error.ts'
import { parseInstant } from './instant.ts'
import { issuesText } from './standard-schema.ts'

/** A reply of the shape that its maker documents. Throws `SOURCE_REPLY_INVALID`, naming the path. */
export function parseReply<Shape extends z.ZodMiniType>(
  name: string,
  shape: Shape,
  body: unknown,
): z.output<Shape> {
  const { success, data, error } = z.safeParse(shape, body)
  if (success) return data
  throw invalidReply(name, issuesText(error.issues.slice(0, 3)))
}

/** The error of a reply that is not what it should be. */
export function invalidReply(name: string, why: string): CarbonError {
  return new CarbonError(
    'SOURCE_REPLY_INVALID',
    `Intensity source ${name}: the reply is not as documented: ${why}`,
  )
}

/** Seconds since 1970 of a time in a reply; one without its zone is refused. */
export const replyInstant = z.pipe(
  z
    .string('expected a time')
    .check(z.refine((text) => parseInstant(text) !== undefined, 'expected an ISO 8601 time with its zone')),
  z.transform((text) => parseInstant(text) as number),
)

/** A figure, or null where there is none. */
export const replyFigure = z.nullable(z.number('expected a number or null'))

/** Seconds for which an answer does that tells of the time up to `to`: what has settled is not asked for again. */
export function freshSeconds(to: number, now: number): number {
  return now - to > SETTLED_SECONDS ? 30 * 86_400 : 300
}

/** Makers revise their figures for some days. */
const SETTLED_SECONDS = 5 * 86_400
