import * as z from 'zod'
import type { Report } from './report.ts'

const amount = z.number().nonnegative()
const share = z.number().min(0).max(1)
const method = z.enum(['measured', 'modelled', 'reported'])
const count = z.int().nonnegative()
const amounts = z.record(z.string(), amount)

const whatIf = z.looseObject({
  zone: z.string(),
  gramsPerKilowattHour: amount,
  kind: z.enum(['average', 'marginal']),
  basis: z.enum(['lifecycle', 'direct']),
  source: z.string(),
  period: z.string().optional(),
  estimated: z.boolean(),
  gramsCo2e: amount.optional(),
  change: z.number().min(-1).optional(),
  notComparable: z.string().optional(),
})

const equivalent = z.looseObject({
  id: z.string(),
  amount,
  unit: z.string(),
  of: z.enum(['energy', 'emissions']),
  each: amount,
  source: z.string(),
  sourceUrl: z.string(),
  year: z.int(),
  licence: z.string(),
})

const domain = z.looseObject({
  id: z.string(),
  meter: z.string(),
  kind: z.string(),
  label: z.string(),
  method,
  joules: amount.optional(),
  counted: z.boolean(),
  within: z.string().optional(),
  identity: z.string().optional(),
  coverage: share,
  standardUncertaintyJoules: amount.optional(),
  declaredUncertainty: z.looseObject({ relative: amount, shared: z.enum(['domain', 'meter']) }).optional(),
  wraps: count,
  resets: count,
  gaps: count,
  meanWatts: amount.optional(),
  peakWatts: amount.optional(),
})

const efficiency = z.record(
  z.string(),
  z.looseObject({
    perJoule: amount,
    joulesPer: amount,
    gramsCo2ePer: amount.optional(),
    relativeStandardUncertainty: amount.optional(),
    energyDelayJouleSeconds: amount.optional(),
  }),
)

const scoreTarget = z.looseObject({
  value: z.number(),
  reached: z.boolean(),
  seconds: amount.optional(),
  joules: amount.optional(),
  kilowattHours: amount.optional(),
  gramsCo2e: amount.optional(),
})

const scorePoint = z.looseObject({
  seconds: amount,
  value: z.number(),
  joules: amount.optional(),
  gainPerKilowattHour: z.number().optional(),
})

const phase = z.looseObject({
  name: z.string(),
  count,
  joules: amount.optional(),
  standardUncertaintyJoules: amount.optional(),
  seconds: amount,
  processSeconds: amount,
  gramsCo2e: amount.optional(),
  work: amounts,
  efficiency: efficiency.optional(),
  coverage: share,
  belowResolution: z.boolean().optional(),
  unfinished: count.optional(),
})

const estimate = z.looseObject({ value: amount, low: amount, high: amount })

const forecast = z.looseObject({
  of: z.string(),
  done: amount,
  total: amount,
  madeAt: amount,
  seconds: estimate.optional(),
  joules: estimate.optional(),
  kilowattHours: estimate.optional(),
  gramsCo2e: estimate.optional(),
  why: z.string().optional(),
})

const place = z.looseObject({
  provider: z.string(),
  region: z.string(),
  zone: z.string().optional(),
  instanceType: z.string().optional(),
  instanceId: z.string().optional(),
  account: z.string().optional(),
  accelerators: z.looseObject({ count: amount, label: z.string() }).optional(),
})

const health = z.looseObject({
  severity: z.enum(['info', 'warning', 'error']),
  code: z.string(),
  message: z.string(),
  meter: z.string().optional(),
  domain: z.string().optional(),
  from: z.number().optional(),
  to: z.number().optional(),
  count: count.optional(),
})

const cpuAttribution = z.looseObject({
  method: z.string(),
  shareJoules: amount,
  shareStandardUncertaintyJoules: amount.optional(),
  cpuSeconds: amount,
  busySeconds: amount,
  idleJoules: amount.optional(),
  idleShare: share.optional(),
  idleStandardUncertaintyJoules: amount.optional(),
  netJoules: amount.optional(),
  netShare: share.optional(),
  netStandardUncertaintyJoules: amount.optional(),
  netKnownUncertaintyJoules: amount.optional(),
})

const gpuAttribution = z.looseObject({
  method: z.string(),
  shareJoules: amount,
  otherJoules: amount,
  idleJoules: amount,
  idleShare: share.optional(),
  netShare: share.optional(),
})

const sci = z.looseObject({
  gramsCo2ePer: amount.optional(),
  operationalGramsPer: amount,
  embodiedGramsPer: amount.optional(),
})

const reportSchema = z.looseObject({
  schema: z.literal('ergometer.report/1'),
  run: z.looseObject({
    id: z.string(),
    name: z.string(),
    status: z.enum(['completed', 'failed', 'aborted', 'crashed', 'running']),
    provisional: z.boolean(),
    startedAt: z.string(),
    endedAt: z.string(),
    seconds: amount,
    exitCode: z.int().optional(),
    signal: z.string().optional(),
    reason: z.string().optional(),
    parent: z.string().optional(),
    group: z.string().optional(),
    tags: z.record(z.string(), z.string()),
    folder: z.string().optional(),
  }),
  energy: z.looseObject({
    joules: amount.optional(),
    kilowattHours: amount.optional(),
    method: z.enum([...method.options, 'mixed']).optional(),
    byMethod: amounts,
    coverage: share,
    standardUncertaintyJoules: amount.optional(),
    knownUncertaintyJoules: amount.optional(),
    knownShare: share.optional(),
    unobservedJoules: amount.optional(),
    byKind: amounts,
    boundary: z.looseObject({
      level: z.enum(['components', 'module', 'host', 'model']).optional(),
      missing: z.array(z.looseObject({ kind: z.string(), label: z.string(), why: z.string() })),
    }),
    domains: z.array(domain),
    attribution: z.looseObject({ cpu: cpuAttribution.optional(), gpu: gpuAttribution.optional() }).optional(),
    facility: z
      .looseObject({
        pue: z.number().min(1),
        overhead: z.number().min(1).optional(),
        joules: amount,
        standardUncertaintyJoules: amount.optional(),
      })
      .optional(),
    energyDelayJouleSeconds: amount.optional(),
  }),
  carbon: z.looseObject({
    gramsCo2e: amount.optional(),
    operationalGrams: amount.optional(),
    embodiedGrams: amount.optional(),
    standardUncertaintyGrams: amount.optional(),
    uncertaintyOf: z.array(z.enum(['energy', 'intensity', 'pue'])).optional(),
    coverage: share,
    estimatedShare: share,
    intensity: z.looseObject({
      gramsPerKilowattHour: amount.optional(),
      kind: z.enum(['average', 'marginal']),
      basis: z.enum(['lifecycle', 'direct']),
      source: z.string(),
      zone: z.string().optional(),
      period: z.string().optional(),
      estimated: z.boolean(),
    }),
    factors: z
      .looseObject({
        pue: z.number().min(1),
        overhead: z.number().min(1),
        embodied: z
          .looseObject({
            totalGrams: amount,
            lifetimeSeconds: z.number().positive(),
            share: z.number().positive().max(1),
            source: z.string().optional(),
            hardware: z.string().optional(),
          })
          .optional(),
        parameters: z.number().positive().optional(),
        recomputed: z.array(z.string()).optional(),
      })
      .optional(),
    sci: z.record(z.string(), sci).optional(),
    sciForAi: z
      .looseObject({
        persona: z.literal('provider'),
        boundary: z.literal('training'),
        counting: z.literal('gross'),
        perFlop: sci.optional(),
        perTrainingToken: sci.optional(),
        perBillionParameters: sci.optional(),
      })
      .optional(),
  }),
  water: z
    .looseObject({
      litres: amount,
      siteLitresPerKilowattHour: amount.optional(),
      gridLitresPerKilowattHour: amount.optional(),
    })
    .optional(),
  work: amounts,
  scores: z.record(
    z.string(),
    z.looseObject({
      first: z.number(),
      last: z.number(),
      best: z.number(),
      better: z.enum(['higher', 'lower']),
      perKilowattHour: z.number().optional(),
      target: scoreTarget.optional(),
      curve: z.array(scorePoint).optional(),
    }),
  ),
  efficiency,
  phases: z.array(phase),
  forecast: forecast.optional(),
  whatIf: z.array(whatIf).optional(),
  equivalents: z.array(equivalent).optional(),
  health: z.array(health),
  provenance: z.looseObject({
    ergometer: z.string(),
    node: z.string(),
    os: z.string(),
    host: z.string(),
    bootId: z.string().optional(),
    cpu: z.string().optional(),
    gpus: z.array(z.string()).optional(),
    place: place.optional(),
    command: z.array(z.string()).optional(),
    git: z.looseObject({ commit: z.string(), dirty: z.boolean() }).optional(),
    meters: z.array(z.looseObject({ name: z.string(), interval: amount })),
    dataSets: z.array(z.string()),
    config: z.record(z.string(), z.unknown()),
    ranks: z.array(z.looseObject({ pid: z.int() })).optional(),
  }),
})

/**
 * Checks a report of unknown origin; fields that are not known stay.
 * Throws an error that names each path and what was expected there.
 */
export function parseReport(value: unknown): Report {
  const result = reportSchema.safeParse(value)
  if (result.success) return result.data as unknown as Report
  throw new Error(`not a report of schema ergometer.report/1:\n${z.prettifyError(result.error)}`)
}

/** The JSON Schema (draft 2020-12) of `report.json`. */
export function reportJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(reportSchema) as Record<string, unknown>
}
