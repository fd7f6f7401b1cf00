import { Agent, request } from 'node:http'

/** No metadata that is asked for is longer, in bytes. */
const LONGEST_REPLY = 64 * 1024

/**
 * A `fetch` that goes straight to an address over plain HTTP: past every proxy, follows no redirection, and takes no reply above 64 KiB.
 * Metadata services answer the machine itself: a proxy would tell of its own.
 */
export const directFetch: typeof globalThis.fetch = (input, init = {}) =>
  new Promise((resolve, reject) => {
    const { method = 'GET', headers, signal } = init
    const asked = request(
      new URL(String(input)),
      // An agent of its own knows of no proxy, whatever the environment says.
      {
        method,
        headers: Object.fromEntries(new Headers(headers)),
        agent: new Agent(),
        ...(signal ? { signal } : {}),
      },
      (response) => {
        const parts: Buffer[] = []
        let length = 0
        response.on('data', (part: Buffer) => {
          length += part.length
          if (length > LONGEST_REPLY) response.destroy(new Error(`the reply is above ${LONGEST_REPLY} bytes`))
          else parts.push(part)
        })
        response.on('error', reject)
        response.on('end', () => {
          const { statusCode = 0, headers } = response
          const told = Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)])
          const body = parts.length > 0 && statusCode >= 200 ? Buffer.concat(parts) : null
          try {
            resolve(
              new Response(statusCode === 204 || statusCode === 304 ? null : body, {
                status: statusCode,
                headers: told,
              }),
            )
          } catch (error) {
            reject(error)
          }
        })
      },
    )
    asked.on('error', reject)
    asked.end()
  })
