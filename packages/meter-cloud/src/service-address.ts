import * as z from 'zod/mini'

/** The option `endpoint`: another base address of a monitoring service. Tokens go there, so it is https, or this machine itself. */
export const endpointOption = z.optional(
  z
    .string('expected an address')
    .check(
      z.maxLength(2048, 'too long'),
      z.refine(isTrusted, 'expected https://HOST, or http:// on loopback'),
    ),
)

/** A path below a base address that may have a path of its own. */
export function addressOf(base: string, path: string): URL {
  return new URL(base.replace(/\/+$/, '') + path)
}

function isTrusted(address: string): boolean {
  if (!URL.canParse(address)) return false
  const { protocol, hostname, username, password, search, hash } = new URL(address)
  if (username !== '' || password !== '' || search !== '' || hash !== '') return false
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname))
}

function isLoopback(hostname: string): boolean {
  // A URL's host is canonical by now: 127.1 has become 127.0.0.1.
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname)
}
