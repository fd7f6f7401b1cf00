import {
  CarbonError,
  type EmbodiedChoice,
  embodiedEmissions,
  isIntensitySourceFactory,
  normaliseZone,
} from '@ergometer/carbon'
import { isMeterFactory } from '@ergometer/meter'
import * as z from 'zod'

import { unknownZone } from './unknown-zone.ts'

const NAME = /^[A-Za-z0-9_./-]{1,64}$/

const tagName = z.string().regex(NAME, 'a tag name has 1 to 64 letters, digits, _ . / -')

const scoreName = z.string().regex(NAME, 'a name of a score has 1 to 64 letters, digits, _ . / -')

const limit = z.number('expected a number above 0').positive('expected a number above 0').optional()

const LIMITS = 'expected kilowattHours, gramsCo2e or hours'

const budget = z
  .strictObject(
    { kilowattHours: limit, gramsCo2e: limit, hours: limit },
    {
      error: (issue) =>
        issue.code === 'unrecognized_keys' ? `unknown '${issue.keys.join("', '")}': ${LIMITS}` : LIMITS,
    },
  )
  .refine((given) => Object.values(given).some((one) => one !== undefined), {
    error: LIMITS,
    when: ({ issues }) => issues.length === 0,
  })

const meter = z.union(
  [
    z.string().min(1),
    z.strictObject({ module: z.string(), meter: z.string(), options: z.unknown().optional() }),
    z.custom((value) => isMeterFactory(value)),
  ],
  'expected a meter: a name, a file, or what a meter factory returns',
)

/** A factor of energy. */
const factor = z
  .number('expected a number, at least 1')
  .min(1, 'expected at least 1')
  .max(1000, 'expected at most 1000')

const litres = z
  .number('expected litres per kWh, at least 0')
  .min(0, 'expected litres per kWh, at least 0')
  .max(1e6, 'expected litres per kWh, at most 1000000')
  .optional()

const water = z.strictObject(
  { siteLitresPerKilowattHour: litres, gridLitresPerKilowattHour: litres },
  'expected siteLitresPerKilowattHour or gridLitresPerKilowattHour',
)

const embodied = z.union(
  [
    z.string().refine((text) => hardwareProblem(text) === undefined, {
      error: (issue) => hardwareProblem(String(issue.input)) ?? '',
    }),
    z.strictObject({
      totalGrams: z
        .number('expected grams, at least 0')
        .min(0, 'expected grams, at least 0')
        .max(1e18, 'expected grams, at most 1e18'),
      lifetimeYears: z
        .number('expected years, above 0')
        .min(0.01, 'expected years, at least 0.01')
        .optional(),
      share: z
        .number('expected a share, above 0 and at most 1')
        .positive('expected a share above 0')
        .max(1, 'expected a share of at most 1')
        .optional(),
    }),
  ],
  {
    error: (issue) =>
      (typeof issue.input === 'string' && hardwareProblem(issue.input)) ||
      'expected an instance such as aws:p3.2xlarge, or {"totalGrams":1000000,"lifetimeYears":4,"share":1}',
  },
)

const source = z.union(
  [
    z.string().min(1),
    z.strictObject({ module: z.string(), source: z.string(), options: z.unknown().optional() }),
    z.custom((value) => isIntensitySourceFactory(value)),
  ],
  'expected a source of intensity: a name, or what a source factory returns',
)

const PLACE_OF_OTLP = 'expected true, or a base endpoint such as http://localhost:4318'
const PLACE_OF_PROMETHEUS = 'expected true, or HOST:PORT such as 127.0.0.1:9464'

function hardwareProblem(choice: EmbodiedChoice): string | undefined {
  try {
    embodiedEmissions(choice)
    return undefined
  } catch (error) {
    if (CarbonError.isInstance(error)) return error.message
    throw error
  }
}

const settings = {
  name: z
    .string('expected a text')
    .min(1, 'expected a text')
    .max(256, 'expected at most 256 characters')
    .optional(),
  tags: z.record(tagName, z.union([z.string(), z.number(), z.boolean()])).optional(),
  meters: z.array(meter).min(1).optional(),
  home: z.string().min(1).optional(),
  interval: z
    .number('expected a number of seconds')
    .min(0.001, 'expected seconds, at least 0.001')
    .max(3600, 'expected seconds, at most 3600')
    .optional(),
  // Whether there is a figure of it is seen when it is known if a source is asked.
  zone: z
    .string()
    .refine((zone) => normaliseZone(zone) !== undefined, {
      error: (issue) => unknownZone(String(issue.input)),
    })
    .optional(),
  intensity: z
    .number('expected g/kWh, at least 0')
    .min(0, 'expected g/kWh, at least 0')
    .max(1e6, 'expected g/kWh, at most 1000000')
    .optional(),
  pue: factor.optional(),
  overhead: factor.optional(),
  water: water.optional(),
  embodied: embodied.optional(),
  parameters: z
    .number('expected a number, at least 1')
    .min(1, 'expected at least 1')
    .max(1e18, 'expected at most 1e18')
    .optional(),
  source: source.optional(),
  scope: z.enum(['machine', 'process'], 'expected machine or process').optional(),
  budget: budget.optional(),
  targets: z.record(scoreName, z.number('expected a number')).optional(),
  baseline: z
    .number('expected a number of seconds')
    .min(1, 'expected seconds, at least 1')
    .max(600, 'expected seconds, at most 600')
    .optional(),
  group: z.string().min(1).max(256).optional(),
  otlp: z.union([z.boolean(), z.string().refine(isEndpoint, PLACE_OF_OTLP)], PLACE_OF_OTLP).optional(),
  prometheus: z
    .union([z.boolean(), z.string().refine(isHostPort, PLACE_OF_PROMETHEUS)], PLACE_OF_PROMETHEUS)
    .optional(),
  recorder: z.enum(['process', 'inline'], 'expected process or inline').optional(),
}

function isEndpoint(text: string): boolean {
  return /^https?:\/\/\S+$/.test(text) && URL.canParse(text)
}

/** `HOST:PORT`, `HOST`, `:PORT` or `PORT`. */
function isHostPort(text: string): boolean {
  const parts = /^(\[[0-9a-f:.]+\]|[^:[\]\s]*)(?::(\d{1,5}))?$/i.exec(text)
  const port = parts?.[2] ?? (/^\d+$/.test(text) ? text : '0')
  return parts !== null && text !== '' && Number(port) < 65_536
}

/** Schema of `Settings`; unknown keys are errors. */
export const settingsSchema = z.strictObject(settings, {
  error: (issue) =>
    issue.code === 'unrecognized_keys'
      ? `unknown '${issue.keys.join("', '")}': expected ${Object.keys(settings).join(', ')}`
      : undefined,
})
