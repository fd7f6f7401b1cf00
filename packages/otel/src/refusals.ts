import { DiagLogLevel, diag } from '@opentelemetry/api'

/**
 * Tells of points that a receiver takes and throws away, and of what it says then, until it is ended: exporters tell that to
 * OpenTelemetry's log alone, so this has that log for the while. Only for a process that is ours.
 */
export function watchRefusals(told: (points: number, said: string) => void): { end(): void } {
  const warn = (message: string, json?: unknown): void => {
    if (!message.startsWith('Received Partial Success')) return
    try {
      const { rejectedDataPoints = 0, errorMessage = '' } = JSON.parse(String(json))
      told(Number(rejectedDataPoints) || 0, String(errorMessage))
    } catch {
      // Not as it is specified: there is nothing to count.
    }
  }
  const nothing = () => {}
  const logger = { error: nothing, warn, info: nothing, debug: nothing, verbose: nothing }
  diag.setLogger(logger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true })
  return { end: () => diag.disable() }
}
