import { fault, notConcerned } from './conformance-case.ts'
import type { Rule } from './conformance-rule.ts'
import { isFraction, isNumber } from './untrusted.ts'

/** Gauges that are shares, by the end of their names. */
const SHARE = /(utilization|ratio|fraction|charge|efficiency)$/
/** Degrees Celsius between which hardware works: milli-degrees and kelvins lie beyond. */
const COLDEST = -60
const HOTTEST = 200
/** A sum of shares may be so much above 1. */
const SLACK = 1e-6

/** The cases about what accompanies readings: gauges, shares, lines of health, and the time that it takes. */
export const COMPANY_CASES: readonly Rule[] = [
  {
    id: 'gauges',
    title: "records gauges under OpenTelemetry's names and in their units",
    needs: [],
    judge: async (kit) => {
      const { gauges } = (await kit.series()).trial
      if (gauges.length === 0) notConcerned('it records no gauges')
      for (const { name, value } of gauges) {
        if (typeof name !== 'string' || !/^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$/.test(name)) {
          fault(`gauge ${JSON.stringify(name)}: expected a name such as hw.temperature`)
        }
        if (!isNumber(value)) fault(`gauge ${name}: got ${String(value)}, expected a finite number`)
        if (SHARE.test(name) && !isFraction(value)) {
          fault(`gauge ${name}: got ${value}, expected 0 to 1: per cent?`)
        }
        if (name.endsWith('temperature') && (value < COLDEST || value > HOTTEST)) {
          fault(`gauge ${name}: got ${value}, expected degrees Celsius: thousandths, or kelvins?`)
        }
      }
    },
  },
  {
    id: 'shares',
    title: 'tells shares that are parts of 1',
    needs: [],
    judge: async (kit) => {
      const { shares } = (await kit.series()).trial
      if (shares.length === 0) notConcerned('it tells no shares')
      const sums = new Map<string, number>()
      for (const { domain, consumer, fraction, read } of shares) {
        if (!isFraction(fraction)) {
          fault(`share of '${String(consumer)}': got ${String(fraction)}, expected 0 to 1`)
        }
        const key = `${read} ${domain}`
        const sum = (sums.get(key) ?? 0) + fraction
        if (sum > 1 + SLACK) fault(`shares of one read add up to ${sum.toPrecision(3)}, expected 1`)
        sums.set(key, sum)
      }
    },
  },
  {
    id: 'health-lines',
    title: 'logs single lines, with a kebab-case code and a domain that there is',
    needs: [],
    judge: async (kit) => {
      const { lines } = (await kit.series()).trial
      if (lines.length === 0) notConcerned('it logs nothing')
      for (const { message, details } of lines) {
        if (typeof message !== 'string' || message.trim() === '' || message.includes('\n')) {
          fault(`log: got ${JSON.stringify(message) ?? 'nothing'}, expected one line`)
        }
        const { code } = details ?? {}
        if (code !== undefined && !/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(code)) {
          fault(`log: code '${code}', expected kebab-case: plug-unreadable`)
        }
      }
    },
  },
  {
    id: 'read-time',
    title: 'reads in less time than its interval',
    needs: [],
    judge: async (kit) => {
      const { quickest, trial } = await kit.series()
      if (quickest < trial.interval) return
      fault(
        `its quickest read took ${quickest.toPrecision(3)} s, and it asks to be read every ${trial.interval} s: a longer interval, or a quicker read`,
      )
    },
  },
]
