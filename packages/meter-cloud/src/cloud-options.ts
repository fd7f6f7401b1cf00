import type { StandardSchema } from '@ergometer/meter'
import { optionsOf, PROVIDER_NAMES, type ResourceOptions } from './providers.ts'

/** Options of the meter `cloud`: a provider's, or none for the machine that this is. None of them is a secret: options are written down. */
export type CloudOptions = ResourceOptions | Readonly<Record<never, never>>

/** Checks the options of the meter `cloud` by those of the provider that they name; its messages never repeat a value. */
export const cloudOptions: StandardSchema<CloudOptions> = {
  '~standard': {
    version: 1,
    vendor: 'ergometer',
    validate(value) {
      if (typeof value !== 'object' || value === null || Array.isArray(value))
        return { issues: [{ message: 'expected an object with a provider, or no options at all' }] }
      if (Object.keys(value).length === 0) return { value: {} }
      const schema = optionsOf((value as { provider?: unknown }).provider)
      if (schema) return schema['~standard'].validate(value)
      return { issues: [{ path: ['provider'], message: `expected one of ${PROVIDER_NAMES.join(', ')}` }] }
    },
  },
}
