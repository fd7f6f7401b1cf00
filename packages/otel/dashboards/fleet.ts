// The dashboard of a fleet: dashboards/fleet.json.
import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard'
import { choice, dashboard, figure, graph, table } from './panels.ts'

const HOST = 'host_name=~"$host"'
const RUN = `ergometer_run_name=~"$run", service_name=~"$job", service_instance_id=~"$instance", ${HOST}`
const SEEN = '[$__range]'

/** Builds it. */
export function fleetDashboard(): Dashboard {
  const energyByName = `sum by (ergometer_run_name) (last_over_time(ergometer:run_energy_joules:total{${RUN}}${SEEN}))`
  const emissionsByName = `sum by (ergometer_run_name, ergometer_carbon_kind) (last_over_time(ergometer:run_emissions_grams:total{${RUN}}${SEEN}))`
  return dashboard(
    'Ergometer: fleet',
    'ergometer-fleet',
    'Energy, emissions and work of all nodes and runs. Needs the recording rules of @ergometer/otel.',
  )
    .withVariable(choice('host', 'Host', 'label_values(ergometer:meter_coverage:ratio, host_name)'))
    .withVariable(choice('run', 'Run', 'label_values(ergometer:run_energy_joules:total, ergometer_run_name)'))
    .withVariable(choice('job', 'Job', 'label_values(ergometer:run_energy_joules:total, service_name)'))
    .withVariable(
      choice('instance', 'Instance', 'label_values(ergometer:run_energy_joules:total, service_instance_id)'),
    )
    .withPanel(
      figure({
        title: 'Power',
        description: 'Of all components, each counted once, however many exporters know it.',
        unit: 'watt',
        expr: `sum(ergometer:device_power_watts:mean5m{${HOST}})`,
        legend: 'power',
      }),
    )
    .withPanel(
      figure({
        title: 'Energy',
        description:
          'Of all components in this time range, each counted once. Times of unknown power add nothing.',
        unit: 'joule',
        // The mean of all instants of the range, of which the unknown ones add nothing, times its seconds.
        expr: [
          `sum(sum_over_time(ergometer:device_power_watts:mean5m{${HOST}}[$__range:$__interval]))`,
          '/ scalar(count_over_time(vector(1)[$__range:$__interval])) * $__range_s',
        ].join('\n'),
        legend: 'energy',
      }),
    )
    .withPanel(
      figure({
        title: 'CO2e of runs',
        description:
          'Of every run seen in this time range, from its begin. Average and marginal never add up.',
        unit: 'massg',
        expr: `sum by (ergometer_carbon_kind) (last_over_time(ergometer:run_emissions_grams:total{${RUN}}${SEEN}))`,
        legend: '{{ergometer_carbon_kind}}',
      }),
    )
    .withPanel(
      figure({
        title: 'GPU share',
        description: 'Share of the GPUs in the power of the components that are metered.',
        unit: 'percentunit',
        min: 0,
        max: 1,
        expr: [
          `sum(ergometer:device_power_watts:mean5m{hw_type="gpu", ${HOST}})`,
          `/ sum(ergometer:device_power_watts:mean5m{${HOST}})`,
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
        expr: `min(ergometer:meter_coverage:ratio{${HOST}})`,
        legend: 'coverage',
      }),
    )
    .withPanel(
      figure({
        title: 'Runs',
        description: 'Exporters of a run that are there now: one for each node of it.',
        unit: 'short',
        expr: `count(group by (service_instance_id) (ergometer:run_energy_joules:total{${RUN}}))`,
        legend: 'runs',
      }),
    )
    .withPanel(
      graph({
        title: 'Power by host',
        description: "Sum of a host's components.",
        unit: 'watt',
        min: 0,
        stacked: true,
        expr: `ergometer:host_power_watts:mean5m{${HOST}}`,
        legend: '{{host_name}}',
      }),
    )
    .withPanel(
      graph({
        title: 'Power by run name',
        description: 'Of all that runs under a name, on all its nodes.',
        unit: 'watt',
        min: 0,
        stacked: true,
        expr: `sum by (ergometer_run_name) (ergometer:run_power_watts:mean5m{${RUN}})`,
        legend: '{{ergometer_run_name}}',
      }),
    )
    .withPanel(
      graph({
        title: 'Energy by run name',
        description: 'Of the runs that are there at each time, from their begin.',
        unit: 'joule',
        min: 0,
        expr: `sum by (ergometer_run_name) (ergometer:run_energy_joules:total{${RUN}})`,
        legend: '{{ergometer_run_name}}',
      }),
    )
    .withPanel(
      graph({
        title: 'CO2e by run name',
        description: 'Of the runs that are there at each time, from their begin, by kind of the intensity.',
        unit: 'massg',
        min: 0,
        expr: `sum by (ergometer_run_name, ergometer_carbon_kind) (ergometer:run_emissions_grams:total{${RUN}})`,
        legend: '{{ergometer_run_name}} {{ergometer_carbon_kind}}',
      }),
    )
    .withPanel(
      graph({
        title: 'Work per joule by run name',
        description: 'Of the last five minutes: samples, tokens or whatever a run counts, for each joule.',
        unit: 'short',
        min: 0,
        expr: 'ergometer:work_per_joule:mean5m{ergometer_run_name=~"$run"}',
        legend: '{{ergometer_run_name}} {{ergometer_work_unit}}/J',
      }),
    )
    .withPanel(
      graph({
        title: 'CO2e per hour by run name',
        description: 'How fast emissions grow, in grams per hour.',
        unit: 'massg',
        min: 0,
        expr: `sum by (ergometer_run_name, ergometer_carbon_kind) (rate(ergometer:run_emissions_grams:total{${RUN}}[$__rate_interval])) * 3600`,
        legend: '{{ergometer_run_name}} {{ergometer_carbon_kind}}',
      }),
    )
    .withPanel(
      graph({
        title: 'GPU share by host',
        description: "Share of the GPUs in the power of a host's components.",
        unit: 'percentunit',
        min: 0,
        max: 1,
        expr: `ergometer:gpu_share:ratio{${HOST}}`,
        legend: '{{host_name}}',
      }),
    )
    .withPanel(
      graph({
        title: 'Lowest coverage by host',
        description: 'Of the least known component of a host. Below 90 % an alert fires.',
        unit: 'percentunit',
        min: 0,
        max: 1,
        least: 0.9,
        expr: `min by (host_name) (ergometer:meter_coverage:ratio{${HOST}})`,
        legend: '{{host_name}}',
      }),
    )
    .withPanel(
      graph({
        title: 'Power of whole hosts',
        description:
          'As meters at the plug, the power supply or the BMC show it: the components and all that is around them.',
        unit: 'watt',
        min: 0,
        expr: `ergometer:hw_host_power_watts:mean5m{${HOST}}`,
        legend: '{{host_name}} {{hw_id}}',
      }),
    )
    .withPanel(
      graph({
        title: 'Failed reads',
        description: 'Reads of a meter that failed.',
        unit: 'short',
        min: 0,
        expr: `sum by (host_name, ergometer_meter_name) (increase(ergometer:meter_failures:total{${HOST}}[$__rate_interval]))`,
        legend: '{{host_name}} {{ergometer_meter_name}}',
      }),
    )
    .withPanel(
      table(
        {
          title: 'Run names',
          description: 'Of every run seen in this time range, from its begin, on all its nodes.',
        },
        [
          { refId: 'energy', title: 'Energy', unit: 'joule', expr: energyByName },
          { refId: 'emissions', title: 'CO2e', unit: 'massg', expr: emissionsByName },
          {
            refId: 'efficiency',
            title: 'Work per joule',
            unit: 'short',
            expr: `last_over_time(ergometer:work_per_joule:total{ergometer_run_name=~"$run"}${SEEN})`,
          },
        ],
        {
          ergometer_run_name: 'Run',
          ergometer_work_unit: 'Unit of work',
          ergometer_carbon_kind: 'Intensity',
        },
      ),
    )
    .build()
}
