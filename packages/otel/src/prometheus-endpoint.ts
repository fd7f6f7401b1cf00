import { createServer, type Server } from 'node:http'
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus'
import { withFleetingGauges } from './fleeting-gauges.ts'

/** Where Prometheus scrapes, unless told otherwise: this host alone. */
const DEFAULT = { host: '127.0.0.1', port: 9464 }
const PATH = '/metrics'
/** Seconds between two attempts to listen: the run before may still be waiting for its last scrape. */
const TRY_EVERY = 0.5
/** Seconds after which it is said that the port is taken. */
const SAY_AFTER = 5
/** A last scrape is waited for as long as one and a half of the usual pause between two, and in seconds at least and at most: */
const SHORTEST_WAIT = 5
const LONGEST_WAIT = 90
/** So many seconds, where nobody has come twice yet: Prometheus comes every 15 s as it is usually set up. */
const USUAL_WAIT = 20

/** An address to listen at. */
export interface HostPort {
  readonly host: string
  readonly port: number
}

/** `HOST:PORT`, `PORT` or `HOST`, each with the usual default. Throws an Error in one line. */
export function hostPort(text: string): HostPort {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:[\]]*))(?::(\d{1,5}))?$/.exec(text.trim()) ?? []
  const lonely = plain !== undefined && port === undefined && /^\d+$/.test(plain)
  const number = lonely ? Number(plain) : port === undefined ? DEFAULT.port : Number(port)
  const host = lonely ? DEFAULT.host : (bracketed ?? plain ?? '') || DEFAULT.host
  if ((bracketed ?? plain) === undefined || number > 65_535) {
    throw new Error(`Prometheus endpoint '${text}': expected HOST:PORT, such as 127.0.0.1:9464`)
  }
  return { host, port: number }
}

/** The page that Prometheus scrapes. */
export class PrometheusEndpoint {
  readonly reader: PrometheusExporter
  /** Where it listens; undefined until it does. */
  address: HostPort | undefined
  readonly #server: Server
  readonly #scrapes: number[] = []
  readonly #clock: () => number
  #scraped: () => void = () => {}
  #timer: NodeJS.Timeout | undefined
  #closed = false

  /** `trouble` is told once why nothing can be scraped. `clock`: monotonic seconds. */
  constructor(wanted: HostPort, trouble: (message: string) => void, clock: () => number) {
    this.#clock = clock
    this.reader = withFleetingGauges(
      new PrometheusExporter({ ...wanted, preventServerStart: true, withoutScopeInfo: true }),
    )
    this.#server = createServer((request, response) => {
      const [path] = (request.url ?? '').split('?')
      if (path !== PATH) {
        response.writeHead(404, { 'content-type': 'text/plain' }).end(`Metrics are at ${PATH}\n`)
        return
      }
      response.once('finish', () => this.#note())
      this.reader.getMetricsRequestHandler(request, response)
    })
    this.#server.unref()
    const begin = clock()
    let said = false
    const listen = (): void => {
      if (!this.#closed) this.#server.listen(wanted.port, wanted.host)
    }
    this.#server.on('listening', () => {
      const at = this.#server.address()
      this.address = { ...wanted, port: typeof at === 'object' && at ? at.port : wanted.port }
    })
    this.#server.on('error', (error: NodeJS.ErrnoException) => {
      const busy = error.code === 'EADDRINUSE'
      if (!said && (!busy || clock() - begin >= SAY_AFTER)) {
        said = true
        const where = `${wanted.host}:${wanted.port}`
        trouble(
          busy
            ? `${where} is taken: nothing can be scraped there until it is free (--prometheus=HOST:PORT names another one)`
            : `${where} cannot be listened at: ${error.message} (--prometheus=HOST:PORT names another one)`,
        )
      }
      this.#timer = setTimeout(listen, TRY_EVERY * 1000)
      this.#timer.unref()
    })
    listen()
  }

  #note(): void {
    this.#scrapes.push(this.#clock())
    if (this.#scrapes.length > 3) this.#scrapes.shift()
    this.#scraped()
  }

  /** Waits for one more scrape: not much longer than they usually take to come again. `holds`: keeps the process alive for it. */
  async lastScrape(holds: boolean): Promise<void> {
    const last = this.#scrapes.at(-1) ?? this.#clock()
    const before = this.#scrapes.at(-2)
    const wait = before === undefined ? USUAL_WAIT : 1.5 * (last - before)
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, Math.min(LONGEST_WAIT, Math.max(SHORTEST_WAIT, wait)) * 1000)
      if (!holds) timer.unref()
      this.#scraped = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  /** Ends it: the port is free at once. */
  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
    this.#server.close()
    this.#server.closeAllConnections()
  }
}
