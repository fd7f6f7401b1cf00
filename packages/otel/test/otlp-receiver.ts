import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'

type Attributes = readonly { readonly key: string; readonly value: Record<string, unknown> }[]

interface WirePoint {
  readonly attributes: Attributes
  readonly startTimeUnixNano: string
  readonly timeUnixNano: string
  readonly asDouble: number
}

interface WireMetric {
  readonly name: string
  readonly unit: string
  readonly sum?: {
    readonly aggregationTemporality: number
    readonly isMonotonic: boolean
    readonly dataPoints: readonly WirePoint[]
  }
  readonly gauge?: { readonly dataPoints: readonly WirePoint[] }
}

/** One request, as OTLP/JSON has it. */
interface WireRequest {
  readonly resourceMetrics: readonly {
    readonly resource: { readonly attributes: Attributes }
    readonly scopeMetrics: readonly {
      readonly scope: { readonly name: string }
      readonly schemaUrl?: string
      readonly metrics: readonly WireMetric[]
    }[]
  }[]
}

/** A point that a receiver was sent. */
export interface TakenPoint {
  readonly metric: string
  readonly unit: string
  /** Of a sum that only rises, cumulative. */
  readonly counts: boolean
  readonly attributes: Readonly<Record<string, unknown>>
  /** Milliseconds since 1970. */
  readonly start: number
  readonly time: number
  readonly value: number
}

/** What a receiver answers: 200 by default. */
export interface Answer {
  readonly status?: number
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** A receiver of OTLP/JSON on loopback. */
export class OtlpReceiver {
  readonly url: string
  readonly paths: string[] = []
  readonly headers: IncomingHttpHeaders[] = []
  readonly bytes: number[] = []
  /** What it took; what it refused is not among it. */
  readonly points: TakenPoint[] = []
  readonly requests: WireRequest[] = []
  readonly close: () => Promise<void>

  private constructor(port: number, close: () => Promise<void>) {
    this.url = `http://127.0.0.1:${port}`
    this.close = close
  }

  /** `answer`: to the request of that number, from 0 on. */
  static async start(answer: (number: number) => Answer = () => ({})): Promise<OtlpReceiver> {
    let receiver: OtlpReceiver | undefined
    const server = createServer((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        const body = Buffer.concat(chunks)
        const { status = 200, body: said = {}, headers = {} } = answer(receiver?.paths.length ?? 0)
        receiver?.paths.push(request.url ?? '')
        receiver?.headers.push(request.headers)
        receiver?.bytes.push(body.length)
        if (status === 200) receiver?.take(JSON.parse(body.toString()))
        response.writeHead(status, { 'content-type': 'application/json', ...headers })
        response.end(typeof said === 'string' ? said : JSON.stringify(said))
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    receiver = new OtlpReceiver((server.address() as AddressInfo).port, async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    })
    return receiver
  }

  take(request: WireRequest): void {
    this.requests.push(request)
    for (const { scopeMetrics } of request.resourceMetrics) {
      for (const { name, unit, sum, gauge } of scopeMetrics.flatMap(({ metrics }) => metrics)) {
        for (const point of (sum ?? gauge)?.dataPoints ?? []) {
          this.points.push({
            metric: name,
            unit,
            counts: sum?.isMonotonic === true && sum.aggregationTemporality === 2,
            attributes: plain(point.attributes),
            start: Number(BigInt(point.startTimeUnixNano) / 1000n) / 1000,
            time: Number(BigInt(point.timeUnixNano) / 1000n) / 1000,
            value: point.asDouble,
          })
        }
      }
    }
  }

  /** Points of a metric, as pairs of time and value. */
  curve(metric: string): [time: number, value: number][] {
    return this.points.filter((one) => one.metric === metric).map(({ time, value }) => [time, value])
  }

  /** Attributes of the resource of the last request. */
  get resource(): Record<string, unknown> {
    return plain(this.requests.at(-1)?.resourceMetrics[0]?.resource.attributes ?? [])
  }
}

function plain(attributes: Attributes): Record<string, unknown> {
  return Object.fromEntries(
    attributes.map(({ key, value }) => [
      key,
      'intValue' in value ? Number(value['intValue']) : Object.values(value)[0],
    ]),
  )
}
