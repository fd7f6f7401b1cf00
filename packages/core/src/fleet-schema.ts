import * as z from 'zod'
import type { FleetReport } from './fleet-report.ts'

const amount = z.number().nonnegative()
const share = z.number().min(0).max(1)
const amounts = z.record(z.string(), amount)
const instant = z.iso.datetime()

const efficiency = z.record(
  z.string(),
  z.looseObject({ perJoule: amount, joulesPer: amount, gramsCo2ePer: amount.optional() }),
)

const node = z.looseObject({
  host: z.string(),
  hostId: z.string().optional(),
  runId: z.string().optional(),
  instance: z.string().optional(),
  startedAt: instant,
  endedAt: instant,
  seconds: amount,
  joules: amount.optional(),
  kilowattHours: amount.optional(),
  byMethod: amounts,
  gramsCo2e: amount.optional(),
  work: amounts,
  coverage: share.optional(),
  efficiency,
})

const fleetSchema = z.looseObject({
  schema: z.literal('ergometer.fleet/1'),
  run: z.looseObject({ name: z.string(), startedAt: instant, endedAt: instant, seconds: amount }),
  energy: z.looseObject({
    joules: amount.optional(),
    kilowattHours: amount.optional(),
    method: z.enum(['measured', 'modelled', 'reported', 'mixed']).optional(),
    byMethod: amounts,
    byKind: amounts.optional(),
    coverage: share.optional(),
  }),
  carbon: z.looseObject({
    gramsCo2e: amount.optional(),
    intensity: z.looseObject({ kind: z.string() }).optional(),
  }),
  work: amounts,
  scores: z.record(
    z.string(),
    z.looseObject({
      first: z.number(),
      last: z.number(),
      best: z.number(),
      better: z.enum(['higher', 'lower']),
      perKilowattHour: z.number().optional(),
    }),
  ),
  efficiency,
  nodes: z.array(node).min(1),
  health: z.array(
    z.looseObject({ severity: z.enum(['info', 'warning', 'error']), code: z.string(), message: z.string() }),
  ),
})

/**
 * Checks a fleet's report of unknown origin; fields that are not known stay.
 * Throws an error that names each path and what was expected there.
 */
export function parseFleetReport(value: unknown): FleetReport {
  const result = fleetSchema.safeParse(value)
  if (result.success) return result.data as unknown as FleetReport
  throw new Error(`not a report of schema ergometer.fleet/1:\n${z.prettifyError(result.error)}`)
}

/** The JSON Schema (draft 2020-12) of what `ergometer report --from-prometheus … --json` prints. */
export function fleetJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(fleetSchema) as Record<string, unknown>
}
