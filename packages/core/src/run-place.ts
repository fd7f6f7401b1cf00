import { isNumber, isObject } from './untrusted.ts'

/** Where a run was made, and on what, as its cloud told. What is not known is absent. */
export interface RunPlace {
  /** `aws`, `gcp`, `azure`, as OpenTelemetry's `cloud.provider`. */
  provider: string
  /** As its cloud calls it: `eu-west-1`. */
  region: string
  zone?: string
  instanceType?: string
  instanceId?: string
  /** The account of AWS, Google's project, Azure's subscription. */
  account?: string
  /** `count` is below 1 where the machine has a part of one. */
  accelerators?: { count: number; label: string }
}

/** No word of a place is longer. */
const LONGEST = 128
const WORDS = ['zone', 'instanceType', 'instanceId', 'account'] as const

/** True if a place of unknown origin is one. */
export function isPlace(value: unknown): value is RunPlace {
  if (!isObject(value)) return false
  const { provider, region, accelerators } = value
  return (
    [provider, region].every(isWord) &&
    WORDS.every((key) => value[key] === undefined || isWord(value[key])) &&
    (accelerators === undefined ||
      (isObject(accelerators) &&
        isNumber(accelerators['count']) &&
        accelerators['count'] > 0 &&
        isWord(accelerators['label'])))
  )
}

function isWord(value: unknown): boolean {
  return typeof value === 'string' && value !== '' && value.length <= LONGEST
}
