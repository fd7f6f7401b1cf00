import type { PhaseCompanion, PhaseEnergy, RunExtension } from '@ergometer/core'
import {
  context,
  isSpanContextValid,
  type Span,
  SpanStatusCode,
  type TracerProvider,
  trace,
} from '@opentelemetry/api'
import { SCOPE, SPAN_ATTRIBUTES } from './names.ts'

/** How phases become spans. */
export interface SpanOptions {
  /** Make a span of every phase, but those that are begun with `withSpan: false`; absent: of those alone that ask for it. */
  readonly withSpan?: boolean
  /** Whose tracer makes the spans; absent: the global provider's, as it is at any time. */
  readonly tracerProvider?: TracerProvider
}

/** Whose phases they are. */
interface Phased {
  readonly id?: string
  readonly name?: string
  extend?(extension: RunExtension): void
}

const askedOf = new WeakMap<Phased, Set<SpanOptions>>()

/** Makes spans of the phases of a run, until it is stopped: one of each, however often it is asked for. */
export function spanPhases(run: Phased, options: SpanOptions): { stop(): void } {
  const asked = askedOf.get(run) ?? new Set()
  if (!askedOf.has(run)) {
    askedOf.set(run, asked)
    run.extend?.({
      phase(name, { withSpan }) {
        const all = [...asked]
        if (all.length === 0 || !(withSpan ?? all.some((one) => one.withSpan))) return undefined
        return phaseSpan(name, run, all.find((one) => one.tracerProvider)?.tracerProvider)
      },
    })
  }
  const own = { ...options }
  asked.add(own)
  return { stop: () => asked.delete(own) }
}

/**
 * Makes a span of a phase: it begins now, ends when the phase does, and goes out once the energy of the phase is known, which is a second
 * or two later. `provider`: by default the global one. Undefined without an SDK, of which there is nothing to tell.
 */
function phaseSpan(
  phase: string,
  { id, name }: Phased,
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
