import type { PhaseCompanion, PhaseEnergy } from '@ergometer/core'
import {
  context,
  isSpanContextValid,
  type Span,
  SpanStatusCode,
  type TracerProvider,
  trace,
} from '@opentelemetry/api'
import { SCOPE, SPAN_ATTRIBUTES } from './names.ts'

/** Whose phase it is. */
export interface PhasesOf {
  readonly id?: string
  readonly name?: string
}

/**
 * Makes a span of a phase: it begins now, ends when the phase does, and goes out once the energy of the phase is known, which is a second
 * or two later. `provider`: by default the global one. Undefined without an SDK, of which there is nothing to tell.
 */
export function phaseSpan(
  phase: string,
  { id, name }: PhasesOf,
  provider: TracerProvider = trace.getTracerProvider(),
): PhaseCompanion | undefined {
  const tracer = provider.getTracer(SCOPE.name, undefined, { schemaUrl: SCOPE.schemaUrl })
  const attributes = {
    ...(id === undefined ? {} : { [SPAN_ATTRIBUTES.runId]: id }),
    ...(name === undefined ? {} : { [SPAN_ATTRIBUTES.runName]: name }),
  }
  const span = tracer.startSpan(phase, { attributes })
  if (!isSpanContextValid(span.spanContext())) return undefined
  const within: PhaseCompanion['within'] = (fn) => context.with(trace.setSpan(context.active(), span), fn)
  // What is not sampled is still the parent of what happens in it.
  if (!span.isRecording()) return { within, ended: () => span.end() }
  let end: number | undefined
  return {
    within,
    ended(failure) {
      // Of the monotonic clock: wall time may be set back meanwhile.
      end = performance.now()
      if (failure) fail(span, failure.error)
    },
    told(energy) {
      if (energy) tell(span, energy)
      span.end(end)
    },
  }
}

function fail(span: Span, error: unknown): void {
  const message = error instanceof Error ? error.message : String(error)
  span.recordException(error instanceof Error ? error : message)
  span.setStatus({ code: SpanStatusCode.ERROR, message })
}

function tell(span: Span, { joules, gramsCo2e, coverage }: PhaseEnergy): void {
  if (joules !== undefined) span.setAttribute(SPAN_ATTRIBUTES.energy, joules)
  if (gramsCo2e !== undefined) span.setAttribute(SPAN_ATTRIBUTES.emissions, gramsCo2e)
  span.setAttribute(SPAN_ATTRIBUTES.coverage, coverage)
}
