import { Readable, Transform } from 'node:stream'

/** No reply of a cloud that is asked for is longer, in bytes. */
export const MOST_BYTES = 32 * 2 ** 20

/** What an AWS client calls to have a request answered. */
type Handler<Asked, Told> = (asked: Asked) => Promise<Told>

/**
 * For the middleware of an AWS client, at its step `deserialize` and `BEFORE_PARSING`: cuts replies off that would fill this process's memory,
 * with an error of the name `ReplyTooLong`.
 */
export function boundedReply<Asked, Told extends { response: unknown }>(
  next: Handler<Asked, Told>,
): Handler<Asked, Told> {
  return async (asked) => {
    const told = await next(asked)
    const response = told.response as { body?: unknown }
    if (response.body instanceof Readable) response.body = bounded(response.body)
    return told
  }
}

/** Of what one step does, the low priority comes next to the wire. */
export const BEFORE_PARSING = { step: 'deserialize', priority: 'low' } as const

function bounded(body: Readable): Readable {
  let bytes = 0
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length
      if (bytes <= MOST_BYTES) return done(undefined, chunk)
      done(Object.assign(new Error(`more than ${MOST_BYTES / 2 ** 20} MiB`), { name: 'ReplyTooLong' }))
    },
  })
  counted.on('error', () => body.destroy())
  body.on('error', (error) => counted.destroy(error))
  return body.pipe(counted)
}
