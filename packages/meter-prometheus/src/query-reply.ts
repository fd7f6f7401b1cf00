import { parseNumber } from './exposition-text.ts'
import type { Sample, Series } from './series.ts'

/**
 * The series in a reply of Prometheus' `/api/v1/query`; or, as text, what is wrong with it. What is malformed inside is
 * left out. See https://prometheus.io/docs/prometheus/latest/querying/api/.
 */
export function parseQueryReply(text: string): readonly Series[] | string {
  const reply = record(parseJson(text))
  if (reply['status'] !== 'success') {
    const { error } = reply
    return typeof error === 'string' ? `says: ${oneLine(error)}` : 'is no answer of a Prometheus server'
  }
  const { resultType, result } = record(reply['data'])
  if (resultType === 'scalar') return [{ name: '', labels: new Map(), samples: samplesOf([result]) }]
  if (!Array.isArray(result)) return 'is an answer without a result'
  return result.map((one) => {
    const { metric, value, values } = record(one)
    const { __name__: name, ...labels } = record(metric)
    return {
      name: typeof name === 'string' ? name : '',
      labels: new Map(
        Object.entries(labels).filter((label): label is [string, string] => typeof label[1] === 'string'),
      ),
      samples: samplesOf(Array.isArray(values) ? values : [value]),
    }
  })
}

/** Pairs of seconds and a number in quotes. */
function samplesOf(pairs: readonly unknown[]): Sample[] {
  return pairs.flatMap((pair) => {
    const [seconds, text] = Array.isArray(pair) ? pair : []
    if (typeof seconds !== 'number' || typeof text !== 'string') return []
    const value = parseNumber(text)
    return value === undefined ? [] : [{ value, time: seconds * 1000 }]
  })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

const MOST_ERROR = 200

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').slice(0, MOST_ERROR)
}
