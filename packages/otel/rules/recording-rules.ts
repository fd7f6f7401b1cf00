// The recording rules: from the series of either spelling, over either path, to one series for each fact.
import { METRICS } from '../src/names.ts'
import { spellings } from './spelling.ts'

/** A recording rule, and what a reader of the file wants to know of it. */
export interface RecordingRule {
  readonly record: string
  readonly why: string
  readonly expr: string
}

/** Attributes of the resource that tell exporters, hosts and runs apart, as labels. */
const RESOURCE = [
  'service_name',
  'service_instance_id',
  'k8s_node_name',
  'host_name',
  'host_id',
  'ergometer_run_id',
]
/** The labels that say where a series is from. They are filled from what there is, so that none is empty. */
const ORIGIN = ['service_name', 'service_instance_id', 'host_name', 'ergometer_run_id']
const RUN = [...ORIGIN, 'ergometer_run_name']
const DEVICE = [...ORIGIN, 'hw_id', 'hw_type', 'hw_name']
const HOST = [...ORIGIN, 'hw_id', 'hw_name']
const WINDOW = '5m'

const list = (labels: readonly string[]) => labels.join(', ')
const indent = (text: string, by = 2) => text.replaceAll(/^(?=.)/gm, ' '.repeat(by))

/** Values of a metric in either spelling. */
const either = (names: readonly string[]) => names.join(' or ')

/**
 * Growth per second: the mean over the window, and of what is younger than the window that between its last two samples, since
 * `rate` would take the time before for zero. Nothing of what has gone, while `rate` still sees its last samples.
 */
function growth(names: readonly string[]): string {
  return names
    .map(
      (name) =>
        `(rate(${name}[${WINDOW}]) and ${name} offset ${WINDOW} or irate(${name}[${WINDOW}])) and ${name}`,
    )
    .join('\nor\n')
}

/** The mean of a gauge over what is known of the window, while it is there. */
function mean(names: readonly string[]): string {
  return names.map((name) => `avg_over_time(${name}[${WINDOW}]) and ${name}`).join('\nor\n')
}

/**
 * One series for each fact, however many paths it came by: the resource is on the series already (OTLP into VictoriaMetrics) or
 * in `target_info`; origins are named alike; of those that are the same the highest counts.
 */
function once(series: string, labels: readonly string[]): string {
  const joined = [
    `(\n${indent(series)}\n)`,
    `* on (job, instance) group_left (${list(RESOURCE)}) ergometer:target:info`,
    'or',
    `(\n${indent(series)}\n)`,
    'unless on (job, instance) ergometer:target:info',
  ].join('\n')
  const named = [
    firstOf('service_name', ['service_name', 'job']),
    firstOf('host_name', ['k8s_node_name', 'host_name', 'host_id', 'service_instance_id', 'instance']),
    firstOf('service_instance_id', ['service_instance_id', 'instance']),
  ].reduce((expression, fill) => fill(expression), joined)
  return `max by (${list(labels)}) (\n${indent(named)}\n)`
}

/** Fills a label with the first of these that a series has. */
function firstOf(label: string, labels: readonly string[]): (expression: string) => string {
  const sources = labels.map((source) => `"${source}"`).join(', ')
  return (expression) =>
    [
      'label_replace(',
      `  label_join(`,
      indent(`${expression},`, 4),
      `    "first_of", ";", ${sources}`,
      '  ),',
      `  "${label}", "$1", "first_of", ";*([^;]+).*"`,
      ')',
    ].join('\n')
}

const energy = spellings(METRICS.hardwareEnergy, 'counter')
const hostEnergy = spellings(METRICS.hostEnergy, 'counter')
const power = spellings(METRICS.hardwarePower, 'gauge')
const hostPower = spellings(METRICS.hostPower, 'gauge')
const runEnergy = spellings(METRICS.runEnergy, 'counter')
const emissions = spellings(METRICS.runEmissions, 'counter')
const work = spellings(METRICS.runWork, 'counter')
const score = spellings(METRICS.runScore, 'gauge')
const intensity = spellings(METRICS.intensity, 'gauge')
const coverage = spellings(METRICS.coverage, 'gauge')
const failures = spellings(METRICS.failures, 'counter')
const ours = [
  ...energy,
  ...hostEnergy,
  ...power,
  ...hostPower,
  ...runEnergy,
  ...emissions,
  ...work,
  ...coverage,
]

/** In this order: later ones read earlier ones. */
export const RECORDING_RULES: readonly RecordingRule[] = [
  {
    record: 'ergometer:target:info',
    why: 'The resource of every target that exports energy; the newest, where a target had several.',
    expr: [
      'topk by (job, instance) (1,',
      `  max by (job, instance, ${list(RESOURCE)}) (timestamp(target_info))`,
      `  and on (job, instance) {__name__=~"${ours.join('|')}"}`,
      ') * 0 + 1',
    ].join('\n'),
  },
  {
    record: 'ergometer:hw_energy_joules:total',
    why: 'Joules of a component since its exporter began.',
    expr: once(either(energy), DEVICE),
  },
  {
    record: 'ergometer:hw_power_watts:mean5m',
    why: 'Watts of a component, as each exporter knows it: from its energy, or from its power where that is all there is.',
    expr: `${once(growth(energy), DEVICE)}\nor\n${once(mean(power), DEVICE)}`,
  },
  {
    record: 'ergometer:device_power_watts:mean5m',
    why: 'Watts of a component, once: an agent and a run may both export it. Sums over a fleet start here.',
    expr: 'max by (host_name, hw_id, hw_type) (ergometer:hw_power_watts:mean5m)',
  },
  {
    record: 'ergometer:host_power_watts:mean5m',
    why: 'Watts of a host, the sum of its components.',
    expr: 'sum by (host_name) (ergometer:device_power_watts:mean5m)',
  },
  {
    record: 'ergometer:hw_host_power_watts:mean5m',
    why: 'Watts of a host as its own meter shows them, at the plug or the BMC. Never to be added to its components.',
    expr: `max by (host_name, hw_id) (\n${indent(`${once(growth(hostEnergy), HOST)}\nor\n${once(mean(hostPower), HOST)}`)}\n)`,
  },
  {
    record: 'ergometer:gpu_share:ratio',
    why: "Share of the GPUs in the power of a host's components; nothing for a host without any.",
    expr: [
      'sum by (host_name) (ergometer:device_power_watts:mean5m{hw_type="gpu"})',
      '/',
      '(ergometer:host_power_watts:mean5m > 0)',
    ].join('\n'),
  },
  {
    record: 'ergometer:run_energy_joules:total',
    why: 'Joules of a run, by how they are known. The methods add up.',
    expr: once(either(runEnergy), [...RUN, 'ergometer_energy_method']),
  },
  {
    record: 'ergometer:run_power_watts:mean5m',
    why: 'Watts of a run, all methods.',
    expr: `sum by (${list(RUN)}) (\n${indent(once(growth(runEnergy), [...RUN, 'ergometer_energy_method']))}\n)`,
  },
  {
    record: 'ergometer:run_emissions_grams:total',
    why: 'Grams of CO2e of a run. Average and marginal figures are two views of the same energy: they never add up.',
    expr: once(either(emissions), [...RUN, 'ergometer_carbon_kind']),
  },
  {
    record: 'ergometer:run_work:total',
    why: 'Work that a run has done, by its unit.',
    expr: once(either(work), [...RUN, 'ergometer_work_unit']),
  },
  {
    record: 'ergometer:run_work_per_second:mean5m',
    why: 'Work per second of a run, by its unit.',
    expr: once(growth(work), [...RUN, 'ergometer_work_unit']),
  },
  {
    record: 'ergometer:work_per_joule:total',
    why: 'Work per joule of all that runs under a name, since these runs began.',
    expr: workPerJoule('ergometer:run_work:total', 'ergometer:run_energy_joules:total'),
  },
  {
    record: 'ergometer:work_per_joule:mean5m',
    why: 'Work per joule of all that runs under a name, of late.',
    expr: workPerJoule('ergometer:run_work_per_second:mean5m', 'ergometer:run_power_watts:mean5m'),
  },
  {
    record: 'ergometer:run_score:last',
    why: 'Score that a run has reached last.',
    expr: once(either(score), [...RUN, 'ergometer_score_name']),
  },
  {
    record: 'ergometer:meter_coverage:ratio',
    why: 'Share of the time in which the energy of a component is known.',
    expr: once(either(coverage), [...ORIGIN, 'hw_id']),
  },
  {
    record: 'ergometer:meter_failures:total',
    why: 'Reads of a meter that failed.',
    expr: once(either(failures), [...ORIGIN, 'ergometer_meter_name']),
  },
  {
    record: 'ergometer:carbon_intensity:grams_per_kilowatt_hour',
    why: 'Intensity that emissions are computed with, by zone and kind.',
    expr: once(either(intensity), [...ORIGIN, 'ergometer_carbon_zone', 'ergometer_carbon_kind']),
  },
  {
    record: 'ergometer:agent:info',
    why: 'Agents: exporters of a node, without a run.',
    expr: [
      'group by (service_name, service_instance_id, host_name) (',
      '  {__name__=~"ergometer:(hw_energy_joules:total|meter_coverage:ratio)", ergometer_run_id=""}',
      ')',
      'unless on (service_instance_id) ergometer:run_energy_joules:total',
    ].join('\n'),
  },
]

function workPerJoule(done: string, spent: string): string {
  return [
    `sum by (ergometer_run_name, ergometer_work_unit) (${done})`,
    '/ on (ergometer_run_name) group_left ()',
    `(sum by (ergometer_run_name) (${spent}) > 0)`,
  ].join('\n')
}

/** The rule file, as it is committed. */
export function ruleFile(rules: readonly RecordingRule[]): string {
  const texts = rules.map(
    ({ record, why, expr }) =>
      `      # ${why}\n      - record: ${record}\n        expr: |\n${indent(expr, 10)}\n`,
  )
  return [
    '# Written by recording-rules.ts: change that, then `npx vitest run packages/otel/test/rules.test.ts -u`.',
    '# Both spellings of a name, over any path, become one series: docs/dashboards.md.',
    'groups:',
    '  - name: ergometer',
    '    rules:',
    texts.join('\n'),
  ].join('\n')
}
