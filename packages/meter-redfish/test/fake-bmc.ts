import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'

export type Resources = Record<string, Record<string, unknown>>

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8')

/** What a maker's BMC answered; `around` what was not recorded with it: the links that lead to it. */
export function recorded(name: string, chassis?: string): Resources {
  const { resources } = JSON.parse(read(`replies/${name}.json`)) as { resources: Resources }
  return chassis === undefined ? resources : { ...around(chassis), ...resources }
}

/** A BMC of one system in one chassis. */
export function around(chassis: string, links: readonly string[] = ['Power']): Resources {
  const id = (path: string) => ({ '@odata.id': path })
  const path = `/redfish/v1/Chassis/${chassis}`
  return {
    '/redfish/v1/': { Systems: id('/redfish/v1/Systems'), Chassis: id('/redfish/v1/Chassis') },
    '/redfish/v1/Systems': { Members: [id('/redfish/v1/Systems/1')] },
    '/redfish/v1/Systems/1': { UUID: OWN_UUID, Links: { Chassis: [id(path)] } },
    '/redfish/v1/Chassis': { Members: [id(path)] },
    [path]: {
      Id: chassis,
      ...Object.fromEntries(links.map((link) => [link, id(`${path}/${link}`)])),
      Links: { ComputerSystems: [id('/redfish/v1/Systems/1')] },
    },
  }
}

export const OWN_UUID = '38947555-7742-3448-3784-823347823834'
export const USER = 'reader'
export const PASSWORD = 'correct horse'

/** How a BMC may misbehave: takes the answer over, or leaves it. */
export type Mood = (request: IncomingMessage, response: ServerResponse) => boolean

/** A real server that answers as a BMC does. */
export class FakeBmc {
  readonly resources: Resources
  readonly requests: string[] = []
  readonly sessions = new Set<string>()
  logins = 0
  mood: Mood = () => false
  readonly #server: Server
  readonly #tls: boolean

  constructor(resources: Resources, tls = false) {
    this.resources = structuredClone(resources)
    const answer = (request: IncomingMessage, response: ServerResponse) =>
      void this.#answer(request, response)
    this.#tls = tls
    this.#server = tls
      ? createTlsServer({ key: read('certificate/bmc-key.pem'), cert: read('certificate/bmc.pem') }, answer)
      : createServer(answer)
  }

  async listen(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    return this
  }

  get address(): string {
    return `${this.#tls ? 'https' : 'http'}://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Changes a number that it shows. */
  show(path: string, property: string, reading: unknown): void {
    const resource = this.resources[path] as Record<string, Record<string, unknown>>
    resource[property] = { ...resource[property], Reading: reading }
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method, url = '' } = request
    this.requests.push(`${method} ${url}`)
    let body = ''
    for await (const chunk of request) body += chunk
    if (this.mood(request, response)) return
    const send = (status: number, value?: unknown, headers: Record<string, string> = {}) =>
      response
        .writeHead(status, { 'content-type': 'application/json', ...headers })
        .end(value && JSON.stringify(value))
    if (method === 'POST' && url === '/redfish/v1/SessionService/Sessions') {
      this.logins++
      const { UserName, Password } = JSON.parse(body)
      if (UserName !== USER || Password !== PASSWORD) return void send(401, {})
      const token = `token-${this.logins}`
      this.sessions.add(token)
      return void send(201, {}, { 'x-auth-token': token, location: `${url}/${token}` })
    }
    const token = String(request.headers['x-auth-token'])
    const basic = `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString('base64')}`
    const known = this.sessions.has(token) || request.headers.authorization === basic
    if (url !== '/redfish/v1/' && !known) return void send(401, {})
    if (method === 'DELETE') return void send(this.sessions.delete(url.split('/').at(-1) ?? '') ? 204 : 404)
    const resource = this.resources[url]
    send(resource ? 200 : 404, resource ?? {})
  }
}
