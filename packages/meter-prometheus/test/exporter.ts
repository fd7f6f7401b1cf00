import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach } from 'vitest'

const servers: Server[] = []

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

/** A server of this test, which ends with it: its address. */
export async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** An exporter: what it says now, and what it was asked. */
export interface Exporter {
  readonly url: string
  text: string
  status: number
  readonly requests: IncomingMessage[]
}

/** An exporter that says what its `text` is. */
export async function startExporter(text: string): Promise<Exporter> {
  const requests: IncomingMessage[] = []
  const exporter = { url: '', text, status: 200, requests }
  const address = await serve((request, response) => {
    requests.push(request)
    response.writeHead(exporter.status, { 'content-type': 'text/plain; version=0.0.4' }).end(exporter.text)
  })
  exporter.url = `${address}/metrics`
  return exporter
}

/** A text that somebody else's exporter has said. */
export function fixture(name: string): string {
  return readFileSync(new URL(`fixtures/${name}.txt`, import.meta.url), 'utf8')
}
