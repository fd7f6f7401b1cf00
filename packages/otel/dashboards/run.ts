// The dashboard of a run: dashboards/run.json.
import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard'
import { choice, dashboard, figure, graph } from './panels.ts'

const ORIGIN = 'service_name=~"$job", service_instance_id=~"$instance"'
const RUN = `ergometer_run_name=~"$run", ${ORIGIN}`
const SEEN = '[$__range]'

/** Series of components bear no name of a run: they are its own when the same exporter exports its energy. */
const ofRun = (series: string, window = '') => {
  const read = (vector: string) => (window === '' ? vector : `last_over_time(${vector}${window})`)
  const run = read(`ergometer:run_energy_joules:total{${RUN}}`)
  return `(${read(series)} and on (service_instance_id) ${run})`
}

/** Builds it. */
export function runDashboard(): Dashboard {
  return dashboard(
    'Ergometer: run',
    'ergometer-run',
    'Energy, emissions and work of a training, by its name. Needs the recording rules of @ergometer/otel.',
  )
    .withVariable(
      choice('run', 'Run', 'label_values(ergometer:run_energy_joules:total, ergometer_run_name)', 'one'),
    )
    .withVariable(
      choice(
        'job',
        'Job',
        'label_values(ergometer:run_energy_joules:total{ergometer_run_name=~"$run"}, service_name)',
      ),
    )
    .withVariable(
      choice(
        'instance',
        'Instance',
        'label_values(ergometer:run_energy_joules:total{ergometer_run_name=~"$run", service_name=~"$job"}, service_instance_id)',
      ),
    )
    .withPanel(
      figure({
        title: 'Energy',
        description: 'Energy of the run from its begin, all methods and nodes.',
        unit: 'joule',
        expr: `sum(last_over_time(ergometer:run_energy_joules:total{${RUN}}${SEEN}))`,
        legend: 'energy',
      }),
    )
    .withPanel(
      figure({
        title: 'CO2e',
        description: 'Operational emissions of the run from its begin. Average and marginal never add up.',
        unit: 'massg',
        expr: `sum by (ergometer_carbon_kind) (last_over_time(ergometer:run_emissions_grams:total{${RUN}}${SEEN}))`,
        legend: '{{ergometer_carbon_kind}}',
      }),
    )
    .withPanel(
      figure({
        title: 'Power',
        description: 'Mean power of the last five minutes, or since the begin of a younger run.',
        unit: 'watt',
        expr: `sum(ergometer:run_power_watts:mean5m{${RUN}})`,
        legend: 'power',
      }),
    )
    .withPanel(
      figure({
        title: 'Work per joule',
        description: 'Work of all that runs under this name, for each joule of it.',
        unit: 'short',
        expr: `last_over_time(ergometer:work_per_joule:total{ergometer_run_name=~"$run"}${SEEN})`,
        legend: '{{ergometer_work_unit}}/J',
      }),
    )
    .withPanel(
      figure({
        title: 'GPU share',
        description: 'Share of the GPUs in the energy of the components that are metered.',
        unit: 'percentunit',
        min: 0,
        max: 1,
        expr: [
          `sum${ofRun(`ergometer:hw_energy_joules:total{hw_type="gpu", ${ORIGIN}}`, SEEN)}`,
          `/ sum${ofRun(`ergometer:hw_energy_joules:total{${ORIGIN}}`, SEEN)}`,
        ].join('\n'),
        legend: 'GPU share',
      }),
    )
    .withPanel(
      figure({
        title: 'Lowest coverage',
        description: 'Share of the time in which the energy of the least known component is known.',
        unit: 'percentunit',
        min: 0,
        max: 1,
        least: 0.9,
        expr: `min${ofRun(`ergometer:meter_coverage:ratio{${ORIGIN}}`, SEEN)}`,
        legend: 'coverage',
      }),
    )
    .withPanel(
      graph({
        title: 'Power by component',
        description: 'Each component is counted by one meter; what the whole host draws is not among them.',
        unit: 'watt',
        min: 0,
        stacked: true,
        expr: ofRun(`ergometer:hw_power_watts:mean5m{${ORIGIN}}`),
        legend: '{{host_name}} {{hw_id}} {{hw_name}}',
      }),
    )
    .withPanel(
      graph({
        title: 'Power of the run by node',
        description: 'Power of the run, as its boundary counts it.',
        unit: 'watt',
        min: 0,
        stacked: true,
        expr: `sum by (host_name) (ergometer:run_power_watts:mean5m{${RUN}})`,
        legend: '{{host_name}}',
      }),
    )
    .withPanel(
      graph({
        title: 'Energy by method',
        description:
          'From the begin of the run: measured by a sensor, modelled, or reported by somebody else.',
        unit: 'joule',
        min: 0,
        stacked: true,
        expr: `sum by (ergometer_energy_method) (ergometer:run_energy_joules:total{${RUN}})`,
        legend: '{{ergometer_energy_method}}',
      }),
    )
    .withPanel(
      graph({
        title: 'CO2e',
        description: 'Operational emissions from the begin of the run, by kind of the intensity.',
        unit: 'massg',
        min: 0,
        expr: `sum by (ergometer_carbon_kind) (ergometer:run_emissions_grams:total{${RUN}})`,
        legend: '{{ergometer_carbon_kind}}',
      }),
    )
    .withPanel(
      graph({
        title: 'Work per second',
        description: 'Work that the run tells of, by its unit.',
        unit: 'short',
        min: 0,
        expr: `sum by (ergometer_work_unit) (ergometer:run_work_per_second:mean5m{${RUN}})`,
        legend: '{{ergometer_work_unit}}/s',
      }),
    )
    .withPanel(
      graph({
        title: 'Work per joule',
        description: 'Of the last five minutes, over all that runs under this name.',
        unit: 'short',
        min: 0,
        expr: 'ergometer:work_per_joule:mean5m{ergometer_run_name=~"$run"}',
        legend: '{{ergometer_run_name}} {{ergometer_work_unit}}/J',
      }),
    )
    .withPanel(
      graph({
        title: 'CO2e per hour',
        description: 'How fast emissions grow, in grams per hour.',
        unit: 'massg',
        min: 0,
        expr: `sum by (ergometer_carbon_kind) (rate(ergometer:run_emissions_grams:total{${RUN}}[$__rate_interval])) * 3600`,
        legend: '{{ergometer_carbon_kind}}',
      }),
    )
    .withPanel(
      graph({
        title: 'Grid intensity',
        description: 'Grams of CO2e per kilowatt-hour that the emissions are computed with.',
        unit: 'massg',
        min: 0,
        expr: `max by (ergometer_carbon_zone, ergometer_carbon_kind) ${ofRun(`ergometer:carbon_intensity:grams_per_kilowatt_hour{${ORIGIN}}`)}`,
        legend: '{{ergometer_carbon_zone}} {{ergometer_carbon_kind}} per kWh',
      }),
    )
    .withPanel(
      graph({
        title: 'Score',
        description: 'Scores as the run tells them.',
        unit: 'short',
        expr: `ergometer:run_score:last{${RUN}}`,
        legend: '{{host_name}} {{ergometer_score_name}}',
      }),
    )
    .withPanel(
      graph({
        title: 'Coverage by component',
        description:
          'Share of the time in which the energy of a component is known. Below 90 % an alert fires.',
        unit: 'percentunit',
        min: 0,
        max: 1,
        least: 0.9,
        expr: ofRun(`ergometer:meter_coverage:ratio{${ORIGIN}}`),
        legend: '{{host_name}} {{hw_id}}',
      }),
    )
    .build()
}
