import type { StandardSchema } from '@ergometer/core'
import type { OtlpProtocol, OtlpTarget } from './otlp-exporter.ts'

/** Options of the exporter `otlp`: where to, how closely, and which part. */
export interface ReplayOptions extends OtlpTarget {
  /** Seconds between two points, 0.1 to 300. By default 10, and up to 60 for a run of more than a day. */
  readonly stepSeconds?: number | undefined
  /** ISO 8601, with its zone: points of before are left out. */
  readonly from?: string | undefined
  /** ISO 8601, with its zone: points of after are left out. */
  readonly until?: string | undefined
}

type Checked = { value: ReplayOptions } | { issues: { message: string; path: string[] }[] }

/** A text is the URL; without any value the standard variables say where to. */
export const replayOptions: StandardSchema<ReplayOptions | string | undefined, ReplayOptions> = {
  '~standard': { version: 1, vendor: 'ergometer', validate },
}

const PROTOCOLS: readonly OtlpProtocol[] = ['http/protobuf', 'http/json', 'grpc']

/** What is wrong with the value of an option; undefined: nothing. */
const WRONG: { readonly [Name in keyof Required<ReplayOptions>]: (value: unknown) => string | undefined } = {
  url: (value) =>
    typeof value === 'string' && /^https?:\/\//i.test(value) && URL.canParse(value)
      ? undefined
      : 'expected a base endpoint: http://HOST:PORT or https://…',
  protocol: (value) =>
    PROTOCOLS.includes(value as OtlpProtocol) ? undefined : `expected one of ${PROTOCOLS.join(', ')}`,
  stepSeconds: (value) =>
    typeof value === 'number' && value >= 0.1 && value <= 300
      ? undefined
      : 'expected a number from 0.1 to 300',
  from: instant,
  until: instant,
}

function instant(value: unknown): string | undefined {
  const sound =
    typeof value === 'string' &&
    /^\d{4}-\d\d-\d\dT.*(Z|[+-]\d\d:?\d\d)$/.test(value) &&
    Number.isFinite(Date.parse(value))
  return sound ? undefined : 'expected ISO 8601 with its zone, such as 2026-11-30T18:00:00+01:00'
}

function validate(value: unknown): Checked {
  if (value === undefined || value === '') return { value: {} }
  if (typeof value === 'string') return validate({ url: value })
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { issues: [{ message: 'expected a URL, or {"url": …}', path: [] }] }
  }
  const issues = Object.entries(value).flatMap(([name, given]) => {
    const message = Object.hasOwn(WRONG, name)
      ? WRONG[name as keyof ReplayOptions](given)
      : `unknown: expected ${Object.keys(WRONG).join(', ')}`
    return message === undefined ? [] : [{ message, path: [name] }]
  })
  return issues.length > 0 ? { issues } : { value }
}
