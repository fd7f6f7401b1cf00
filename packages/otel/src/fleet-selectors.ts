import { ATTRIBUTES, METRICS, RESOURCE } from './names.ts'
import { labelOf } from './stored-series.ts'

/** Spelling of units on the way to Prometheus: any of them, or none. */
const SUFFIX = '(_joules|_grams|_ratio)?(_total)?'

const RUN_METRICS = [METRICS.runEnergy, METRICS.runEmissions, METRICS.runWork, METRICS.runScore]
const BESIDE_METRICS = [METRICS.coverage, METRICS.hardwareEnergy, METRICS.hostEnergy]

/** Selectors of the series of a run, by labels as Prometheus spells them and by those that OpenTelemetry has. */
export interface RunSelectors {
  readonly plain: string
  /** With a quoted label name, which Prometheus knows from 3.0 on: where it is no selector there is no such series. */
  readonly quoted: string
}

/** The energy, emissions, work and scores of a run of that name, however they are spelt. */
export function runSelectors(name: string): RunSelectors {
  const metrics = namedOneOf(RUN_METRICS)
  return {
    plain: `{${metrics},${plainLabel(ATTRIBUTES.runName)}=${quote(name)}}`,
    quoted: `{${metrics},${quote(ATTRIBUTES.runName)}=${quote(name)}}`,
  }
}

/** The resources of those series that do not bear them as labels; undefined where all do. */
export function resourceSelector(series: readonly ReadonlyMap<string, string>[]): string | undefined {
  const scraped = scrapedInstances(series)
  return scraped.length === 0 ? undefined : `{__name__="target_info",instance=~${oneOf(scraped)}}`
}

/** Coverage and components of the runs that have those series: their own series name no run. */
export function besideSelectors(series: readonly ReadonlyMap<string, string>[]): string[] {
  const metrics = namedOneOf(BESIDE_METRICS)
  const valuesOf = (label: string) => [...new Set(series.flatMap((labels) => labels.get(label) || []))].sort()
  const ids = plainLabel(RESOURCE.runId)
  return [
    [ids, valuesOf(ids)] as const,
    [quote(RESOURCE.runId), valuesOf(RESOURCE.runId)] as const,
    ['instance', scrapedInstances(series)] as const,
  ].flatMap(([label, values]) => (values.length === 0 ? [] : [`{${metrics},${label}=~${oneOf(values)}}`]))
}

function scrapedInstances(series: readonly ReadonlyMap<string, string>[]): string[] {
  const scraped = series.filter((labels) => labelOf(labels, RESOURCE.runId) === undefined)
  return [...new Set(scraped.flatMap((labels) => labels.get('instance') || []))].sort()
}

function namedOneOf(metrics: readonly { readonly name: string }[]): string {
  const names = metrics.map(({ name }) => name.replaceAll('.', '[._]'))
  return `__name__=~${quote(`(${names.join('|')})${SUFFIX}`)}`
}

function plainLabel(attribute: string): string {
  return attribute.replaceAll('.', '_')
}

/** A regular expression (RE2, anchored by the store) of any of these texts. */
function oneOf(texts: readonly string[]): string {
  return quote(texts.map((text) => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|'))
}

/** A string of PromQL, whose escapes are those of Go, and so of JSON. */
function quote(text: string): string {
  return JSON.stringify(text)
}
