import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Metrics of one export by name; attributes as text. */
type Told = Record<
  string,
  { value: number; attributes: Record<string, string>; begin: number; time: number }[]
>

/** One export. */
export interface Received {
  readonly path: string
  readonly headers: Readonly<Record<string, unknown>>
  readonly resource: Record<string, string>
  readonly metrics: Told
}

/** A receiver of OTLP/JSON on this machine, on a port of its own or on that one. */
export async function receiving(port = 0) {
  const got: Received[] = []
  const server: Server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => {
      body += chunk
    })
    request.on('end', () => {
      got.push(parse(request.url ?? '', request.headers, JSON.parse(body)))
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
    })
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return {
    got,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    env: { OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' },
    /** Whether so many joules, to 0.1 %, are the newest of a run: what is tried again may come after what is newer. */
    has: (joules: number) => {
      const points = got.flatMap(({ metrics }) => metrics['ergometer.run.energy'] ?? [])
      const newest = Math.max(...points.map(({ time }) => time))
      return points.some(({ time, value }) => time === newest && Math.abs(value / joules - 1) < 1e-3)
    },
    [Symbol.dispose]: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

// biome-ignore lint/suspicious/noExplicitAny: what comes over the wire.
function parse(path: string, headers: Received['headers'], { resourceMetrics: [all] }: any): Received {
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  const texts = (attributes: any[]) =>
    Object.fromEntries(attributes.map(({ key, value }) => [key, String(Object.values(value)[0])]))
  const metrics: Told = {}
  for (const metric of all.scopeMetrics.flatMap((scope: { metrics: unknown[] }) => scope.metrics)) {
    metrics[metric.name] = (metric.sum ?? metric.gauge).dataPoints.map(
      // biome-ignore lint/suspicious/noExplicitAny: as above.
      (point: any) => ({
        value: point['asDouble'] ?? Number(point['asInt']),
        attributes: texts(point['attributes'] ?? []),
        begin: Number(point['startTimeUnixNano']) / 1e9,
        time: Number(point['timeUnixNano']) / 1e9,
      }),
    )
  }
  return { path, headers, resource: texts(all.resource.attributes), metrics }
}
