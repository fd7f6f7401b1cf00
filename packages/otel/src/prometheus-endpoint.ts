import { createServer, type Server } from 'node:http'
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus'
import { withFleetingGauges } from './fleeting-gauges.ts'
import { Scrapers } from './scrapers.ts'

/** Where Prometheus scrapes, unless told otherwise: this host alone. */
const DEFAULT = { host: '127.0.0.1', port: 9464 }
const PATH = '/metrics'
/** Seconds between two attempts to listen: the run before may still be waiting for its last scrape. */
const TRY_EVERY = 0.5
/** Seconds after which it is said that the port is taken. */
const SAY_AFTER = 5
/** Seconds that a last scrape is waited for where the port never became free. */
const LONGEST_TAKEN = 90
/** Seconds that an idle connection is kept: a Prometheus comes over the same one again, by which it is known. */
const IDLE = 300
/** What only Prometheus and its like send. */
const SCRAPER = 'x-prometheus-scrape-timeout-seconds'

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

/** Where the standard variables want the page, or at the usual place. Throws an Error in one line. */
export function standardPage(env: Readonly<Record<string, string | undefined>>): HostPort {
  const host = env['OTEL_EXPORTER_PROMETHEUS_HOST'] ?? ''
  const port = env['OTEL_EXPORTER_PROMETHEUS_PORT']
  return hostPort(`${host.includes(':') ? `[${host}]` : host}${port ? `:${port}` : ''}`)
}

/** The page that Prometheus scrapes. */
export class PrometheusEndpoint {
  readonly reader: PrometheusExporter
  /** Where it listens; undefined until it does. */
  address: HostPort | undefined
  readonly #server: Server
  readonly #scrapers = new Scrapers()
  readonly #clock: () => number
  /** Somebody has come or gone, or the port is free. */
  #moved: () => void = () => {}
  #taken = false
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
      const at = clock()
      response.once('finish', () => {
        if (request.headers[SCRAPER] === undefined) this.#scrapers.looked(at)
        else this.#scrapers.scraped(request.socket, at)
        this.#moved()
      })
      this.reader.getMetricsRequestHandler(request, response)
    })
    this.#server.keepAliveTimeout = IDLE * 1000
    this.#server.on('connection', (socket) => {
      const { remoteAddress = '' } = socket
      // One that is kept open keeps no application alive.
      socket.unref()
      socket.once('close', () => {
        this.#scrapers.closed(socket, remoteAddress)
        this.#moved()
      })
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
      this.#taken = false
      this.#moved()
    })
    this.#server.on('error', (error: NodeJS.ErrnoException) => {
      const busy = error.code === 'EADDRINUSE'
      this.#taken = busy
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

  /**
   * Waits until everybody who scrapes has come once more: not much longer than they usually take. The wait begins when the port is
   * free: a run before may still be waiting for its own last scrape. `holds`: keeps the process alive for it.
   */
  async lastScrape(holds: boolean): Promise<void> {
    const end = this.#clock()
    while (this.#taken) {
      const left = end + LONGEST_TAKEN - this.#clock()
      if (left <= 0) return
      await this.#move(left, holds)
    }
    const since = this.#clock()
    for (;;) {
      const due = this.#scrapers.due(since, this.#clock())
      if (due === 0) return
      await this.#move(due, holds)
    }
  }

  /** Resolves when somebody has come or gone, when the port is free, or after so many seconds. */
  #move(seconds: number, holds: boolean): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, seconds * 1000)
      if (!holds) timer.unref()
      this.#moved = () => {
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
