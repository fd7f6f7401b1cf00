import { resourceFromAttributes } from '@opentelemetry/resources'
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import { exportFailure } from './export-failure.ts'
import { withFleetingGauges } from './fleeting-gauges.ts'
import { type OtlpTarget, otlpExporter, targetText, targetUrl } from './otlp-exporter.ts'
import { type HostPort, hostPort, PrometheusEndpoint, standardPage } from './prometheus-endpoint.ts'
import { receiverWords } from './receiver-words.ts'
import { watchRefusals } from './refusals.ts'
import { sinceBegin } from './since-begin.ts'
import { watched } from './watched-exporter.ts'

/** Where metrics go. */
export interface ExportTargets {
  /** OTLP: to a base endpoint, or, if true, where the `OTEL_*` variables say. */
  readonly otlp?: string | boolean | OtlpTarget | undefined
  /** A page for Prometheus, at `HOST:PORT`, or, if true, where the `OTEL_*` variables say, or at 127.0.0.1:9464. */
  readonly prometheus?: string | boolean | undefined
}

/** Milliseconds between two exports over OTLP, unless `OTEL_METRIC_EXPORT_INTERVAL` says otherwise. */
const EXPORT_EVERY = 10_000
/** Milliseconds that one export may take, retries included, unless `OTEL_METRIC_EXPORT_TIMEOUT` says otherwise. */
const EXPORT_TIMEOUT = 10_000
/** What to do about metrics of a run that do not arrive. */
const LATER = "'ergometer export RUN --to otlp=URL' sends what is missing"

/** What a pipeline is made of its world. */
export interface PipelineWorld {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Monotonic seconds. */
  readonly clock: () => number
  /** When what is exported began, by `clock`; undefined: that is not known yet. */
  readonly began: () => number | undefined
  /** Is told, once for each kind of trouble, what goes wrong. */
  readonly trouble: (message: string) => void
  /** OpenTelemetry's log is this process's own to listen to, which knows what receivers throw away. */
  readonly ownLog?: boolean
}

/** Metrics on their way out of this process. */
export interface Pipeline {
  readonly meterProvider: MeterProvider
  /** Where Prometheus scrapes; undefined: nowhere, or not yet. */
  readonly address: HostPort | undefined
  /** Exports now. Resolves after so many seconds at the latest; never rejects. */
  flush(deadlineSeconds: number): Promise<void>
  /**
   * Ends, without another export; `patient`: after the scrape that is due, for which the process is kept alive unless `holds` is false.
   * Never rejects.
   */
  close(patient: boolean, holds?: boolean): Promise<void>
}

/** Opens a pipeline. Throws an Error in one line for targets that make no sense. */
export async function openPipeline(
  targets: ExportTargets,
  attributes: Readonly<Record<string, string | number>>,
  world: PipelineWorld,
): Promise<Pipeline> {
  const { env, clock, trouble } = world
  const { otlp, prometheus } = targets
  refuseUnknown(targets, ['otlp', 'prometheus'], 'export to')
  if (typeof otlp === 'object') refuseUnknown(otlp, ['url', 'protocol'], 'otlp')
  let closed = false
  const target: OtlpTarget = typeof otlp === 'string' ? { url: otlp } : typeof otlp === 'object' ? otlp : {}
  const page =
    prometheus === undefined || prometheus === false
      ? undefined
      : new PrometheusEndpoint(prometheus === true ? standardPage(env) : hostPort(prometheus), trouble, clock)
  // What a node sends is in no journal.
  const later = attributes['ergometer.run.id'] === undefined ? '' : `, and ${LATER}`
  const told = { ...world, trouble: (message: string) => trouble(`${message}; it is tried again${later}`) }
  const pushing = otlp === undefined || otlp === false ? [] : [await pushReader(target, told, () => closed)]
  const refusals = world.ownLog && pushing.length > 0 ? watchRefusals(refusedBy(target, world)) : undefined
  const meterProvider = new MeterProvider({
    resource: resourceFromAttributes({ ...attributes }),
    readers: [...pushing, ...(page ? [page.reader] : [])],
  })
  const flush = (deadline: number): Promise<void> =>
    within(deadline, Promise.all(pushing.map((reader) => reader.forceFlush())))
  return {
    meterProvider,
    get address() {
      return page?.address
    },
    flush,
    async close(patient, holds = true) {
      // While a last scrape is waited for, nothing is pushed any more either.
      closed = true
      if (patient) await page?.lastScrape(holds)
      page?.close()
      await within(1, meterProvider.shutdown({ timeoutMillis: 1000 }))
      refusals?.end()
    },
  }
}

async function pushReader(
  target: OtlpTarget,
  { env, clock, began, trouble }: PipelineWorld,
  closed: () => boolean,
): Promise<PeriodicExportingMetricReader> {
  const exportIntervalMillis = millisecondsOf(env['OTEL_METRIC_EXPORT_INTERVAL'], EXPORT_EVERY)
  const timeout = millisecondsOf(env['OTEL_METRIC_EXPORT_TIMEOUT'], EXPORT_TIMEOUT)
  let down = false
  const age = (): number | undefined => {
    const begin = began()
    return begin === undefined ? undefined : Math.max(0, clock() - begin)
  }
  const exporter = watched(
    sinceBegin(await otlpExporter(target, env), age),
    (error) => {
      if (error && !down) {
        const { what, said } = exportFailure(error)
        trouble(
          `metrics cannot be sent to ${targetText(target, env)}: ${what}${inBrackets(said, target, env)}`,
        )
      }
      down = error !== undefined
    },
    closed,
  )
  return withFleetingGauges(
    new PeriodicExportingMetricReader({
      exporter,
      exportIntervalMillis,
      exportTimeoutMillis: Math.min(exportIntervalMillis, timeout),
    }),
  )
}

/** Says once that a receiver throws points away. */
function refusedBy(
  target: OtlpTarget,
  { env, trouble }: PipelineWorld,
): (points: number, said: string) => void {
  let told = false
  return (points, said) => {
    if (told || points === 0) return
    told = true
    const why = inBrackets(said, target, env)
    trouble(`${targetText(target, env)} takes metrics and throws ${points} points of them away${why}`)
  }
}

/** What a receiver says, if there is anything fit to be shown. */
function inBrackets(said: string, target: OtlpTarget, env: PipelineWorld['env']): string {
  const words = receiverWords(said, targetUrl(target, env), env)
  return words === undefined ? '' : ` (${words})`
}

/** In JavaScript nobody else tells of a slip, and what is misspelt would send nothing. */
function refuseUnknown(given: object, names: readonly string[], where: string): void {
  const unknown = Object.keys(given).find((name) => !names.includes(name))
  if (unknown !== undefined) throw new Error(`${where}: unknown '${unknown}': expected ${names.join(', ')}`)
}

function millisecondsOf(text: string | undefined, otherwise: number): number {
  const value = Number(text)
  return text?.trim() && value > 0 && Number.isFinite(value) ? value : otherwise
}

/** Resolves when a promise has settled, or after so many seconds. */
async function within(seconds: number, promise: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, seconds * 1000)
  })
  await Promise.race([promise.then(undefined, () => {}), late])
  clearTimeout(timer)
}
