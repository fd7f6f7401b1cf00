import { bundledZones } from '@ergometer/carbon'
import { isMeterFactory } from '@ergometer/meter'
import * as z from 'zod'

const NAME = /^[A-Za-z0-9_./-]{1,64}$/

const tagName = z.string().regex(NAME, 'a tag name has 1 to 64 letters, digits, _ . / -')

const limit = z.number('expected a number above 0').positive('expected a number above 0').optional()

const budget = z
  .strictObject(
    { kilowattHours: limit, gramsCo2e: limit, hours: limit },
    'expected kilowattHours, gramsCo2e or hours',
  )
  .refine((given) => Object.values(given).some((one) => one !== undefined), {
    error: 'expected kilowattHours, gramsCo2e or hours',
  })

const meter = z.union(
  [
    z.string().min(1),
    z.strictObject({ module: z.string(), meter: z.string(), options: z.unknown().optional() }),
    z.custom((value) => isMeterFactory(value)),
  ],
  'expected a meter: a name, a file, or what a meter factory returns',
)

/** Schema of `Settings`; unknown keys are errors. */
export const settingsSchema = z.strictObject({
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
  zone: z
    .string()
    .refine((zone) => bundledZones().includes(zone.trim().toUpperCase()), {
      error: (issue) =>
        `unknown zone '${issue.input}': expected an ISO 3166 country code such as FR, or WORLD`,
    })
    .optional(),
  intensity: z.number('expected g/kWh, at least 0').min(0, 'expected g/kWh, at least 0').optional(),
  pue: z.number('expected a number, at least 1').min(1, 'expected at least 1').optional(),
  scope: z.enum(['machine', 'process'], 'expected machine or process').optional(),
  budget: budget.optional(),
  baseline: z
    .number('expected a number of seconds')
    .min(1, 'expected seconds, at least 1')
    .max(600, 'expected seconds, at most 600')
    .optional(),
  group: z.string().min(1).max(256).optional(),
  recorder: z.enum(['process', 'inline'], 'expected process or inline').optional(),
})
