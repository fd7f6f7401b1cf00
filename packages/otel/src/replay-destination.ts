import { ErgometerError, redactText } from '@ergometer/core'
import type { PushMetricExporter, ResourceMetrics } from '@opentelemetry/sdk-metrics'
import { exportFailure } from './export-failure.ts'
import { metricsUrl, type OtlpTarget, otlpExporter, protocolOf } from './otlp-exporter.ts'
import { receiverWords } from './receiver-words.ts'

type Environment = Readonly<Record<string, string | undefined>>

const LOCAL = 'http://localhost:4318'

/** Of the results of an export, as both lines of the SDK number them. */
const SUCCESS = 0

/** Where points go, and what goes wrong there, told without secrets. */
export class ReplayDestination {
  readonly #target: OtlpTarget
  readonly #env: Environment
  readonly #url: string

  /** Without a `url` the standard variables say where to. */
  constructor({ url, protocol }: OtlpTarget, env: Environment) {
    this.#target = { url, protocol }
    this.#env = env
    const base = url ?? (env['OTEL_EXPORTER_OTLP_ENDPOINT'] || LOCAL)
    const own = url === undefined ? env['OTEL_EXPORTER_OTLP_METRICS_ENDPOINT'] : undefined
    this.#url = own || (URL.canParse(base) && !isGrpc(protocol, env) ? metricsUrl(base) : base)
  }

  /** For a person. */
  get where(): string {
    return redactText(this.#url)
  }

  /** The official exporter for it. Throws an ErgometerError `EXPORTER_OPTIONS_INVALID`. */
  async open(): Promise<PushMetricExporter> {
    try {
      return await otlpExporter(this.#target, this.#env)
    } catch (cause) {
      throw new ErgometerError('EXPORTER_OPTIONS_INVALID', `otlp: ${(cause as Error).message}`, cause)
    }
  }

  /** Resolves once the receiver has taken it. Rejects with an ErgometerError `EXPORT_FAILED`. */
  send(exporter: PushMetricExporter, metrics: ResourceMetrics): Promise<void> {
    return new Promise((resolve, reject) => {
      exporter.export(metrics, ({ code, error }) => {
        if (code === SUCCESS) resolve()
        else {
          const { what, said, hint } = exportFailure(error)
          reject(this.failure(what, said, hint, error))
        }
      })
    })
  }

  /** What the receiver says, as far as it is fit to be shown. */
  words(text: string): string | undefined {
    return receiverWords(text, this.#url, this.#env)
  }

  /** What failed, what the receiver says of it, and what to do: one line. */
  failure(what: string, said = '', hint = 'try again', cause?: unknown): ErgometerError {
    const words = this.words(said)
    const message = `otlp: ${this.where}: ${what}${words === undefined ? '' : ` (${words})`}; ${hint}: exporting twice changes nothing`
    return new ErgometerError('EXPORT_FAILED', message, cause)
  }
}

/** True where no path is appended to the endpoint. A protocol that does not exist is refused once it is opened. */
function isGrpc(protocol: OtlpTarget['protocol'], env: Environment): boolean {
  try {
    return (protocol ?? protocolOf(env)) === 'grpc'
  } catch {
    return false
  }
}
