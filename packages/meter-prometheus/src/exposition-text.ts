import type { Sample, Series } from './series.ts'

/** What an exporter's page holds. */
export interface Exposition {
  readonly series: readonly Series[]
  /** Lines that are neither a sample nor a comment. */
  readonly badLines: number
}

/** A longer line is not worth reading: labels are names, not texts. */
const MOST_LINE = 65_536
const NAME = /[a-zA-Z_:][a-zA-Z0-9_:]*/y
/** One name or `"quoted name"`, with `="value"` if it is a label, and the comma or brace after it. */
const LABEL =
  /[ \t]*(?:"((?:[^"\\]|\\.)*)"|([a-zA-Z_][a-zA-Z0-9_]*))[ \t]*(=[ \t]*"((?:[^"\\]|\\.)*)")?[ \t]*(,|\})/y
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/
const SPECIAL: Readonly<Record<string, number>> = {
  nan: Number.NaN,
  inf: Number.POSITIVE_INFINITY,
  '+inf': Number.POSITIVE_INFINITY,
  '-inf': Number.NEGATIVE_INFINITY,
}

/**
 * Reads an exporter's page: Prometheus' text format or OpenMetrics, which ends with `# EOF` and has timestamps in
 * seconds instead of milliseconds. Comments and exemplars are passed over, and what cannot be understood is counted.
 */
export function parseExposition(text: string): Exposition {
  const lines = text.split('\n')
  const milliseconds = /^# EOF\s*$/m.test(text.slice(-64)) ? 1000 : 1
  const series: Series[] = []
  let badLines = 0
  for (const line of lines) {
    const trimmed = line.trim()
    if (trimmed === '' || trimmed.startsWith('#')) continue
    const one = trimmed.length > MOST_LINE ? undefined : parseLine(trimmed, milliseconds)
    if (one) series.push(one)
    else badLines++
  }
  return { series, badLines }
}

function parseLine(line: string, milliseconds: number): Series | undefined {
  let at = 0
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at
    const found = pattern.exec(line)
    if (found) at = pattern.lastIndex
    return found
  }
  let name = take(NAME)?.[0]
  const labels = new Map<string, string>()
  take(/[ \t]*/y)
  if (take(/\{/y)) {
    while (!take(/[ \t]*\}/y)) {
      const found = take(LABEL)
      if (!found) return undefined
      const key = found[2] ?? unescaped(found[1] as string)
      if (found[3] !== undefined) labels.set(key, unescaped(found[4] as string))
      else if (name === undefined && found[1] !== undefined) name = key
      else return undefined
      if (found[5] === '}') break
    }
  }
  const sample = parseSample(line.slice(at), milliseconds)
  return name === undefined || !sample ? undefined : { name, labels, samples: [sample] }
}

/** `VALUE [TIMESTAMP] [# EXEMPLAR]`. */
function parseSample(text: string, milliseconds: number): Sample | undefined {
  const [before = ''] = text.split('#', 1)
  const [first = '', second, ...more] = before.trim().split(/[ \t]+/)
  const value = parseNumber(first)
  if (value === undefined || more.length > 0) return undefined
  if (second === undefined) return { value }
  const time = parseNumber(second)
  return time === undefined || !Number.isFinite(time) ? undefined : { value, time: time * milliseconds }
}

/** A number as exporters and Prometheus write it; undefined if it is none. */
export function parseNumber(text: string): number | undefined {
  return NUMBER.test(text) ? Number(text) : SPECIAL[text.toLowerCase()]
}

function unescaped(text: string): string {
  return text.replace(/\\([\\"n])/g, (_, character: string) => (character === 'n' ? '\n' : character))
}
