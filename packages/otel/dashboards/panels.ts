// What both dashboards are made of.
import * as common from '@grafana/grafana-foundation-sdk/common'
import {
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus'
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat'
import { PanelBuilder as TableBuilder } from '@grafana/grafana-foundation-sdk/table'
import { PanelBuilder as TimeSeriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries'

const SOURCE = { type: 'prometheus', uid: `\${datasource}` }

/** One panel: what it asks, and how it says the answer. */
export interface Panel {
  readonly title: string
  readonly description: string
  /** Grafana's name of a unit. */
  readonly unit: string
  readonly expr: string
  readonly legend: string
  /** Figures lie on top of each other because they add up. */
  readonly stacked?: boolean
  /** Below this it is shown as a warning. */
  readonly least?: number
  readonly min?: number
  readonly max?: number
}

/** A dashboard without panels: source of data, tag, links to its siblings. */
export function dashboard(title: string, uid: string, description: string): DashboardBuilder {
  return new DashboardBuilder(title)
    .uid(uid)
    .description(description)
    .tags(['ergometer', 'energy'])
    .editable()
    .tooltip(DashboardCursorSync.Crosshair)
    .time({ from: 'now-3h', to: 'now' })
    .timezone('browser')
    .refresh('30s')
    .link(
      new DashboardLinkBuilder('Ergometer')
        .type(DashboardLinkType.Dashboards)
        .tags(['ergometer'])
        .asDropdown(true)
        .includeVars(true)
        .keepTime(true),
    )
    .withVariable(new DatasourceVariableBuilder('datasource').label('Data source').type('prometheus'))
}

/** A variable of all values that a label of a series has. Everything is chosen at first, or the first one. */
export function choice(
  name: string,
  label: string,
  values: string,
  first: 'everything' | 'one' = 'everything',
): QueryVariableBuilder {
  const variable = new QueryVariableBuilder(name)
    .label(label)
    .datasource(SOURCE)
    .query({ qryType: 1, query: values, refId: name })
    .definition(values)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc)
    .multi(true)
  if (first === 'one') return variable
  return variable.includeAll(true).allValue('.*').current({ selected: true, text: 'All', value: '$__all' })
}

/** One figure. */
export function figure(panel: Panel): StatBuilder {
  const colour = panel.least === undefined ? common.BigValueColorMode.None : common.BigValueColorMode.Value
  return withField(new StatBuilder(), panel)
    .height(4)
    .span(4)
    .colorMode(colour)
    .graphMode(common.BigValueGraphMode.None)
    .reduceOptions(new common.ReduceDataOptionsBuilder().calcs(['lastNotNull']))
    .withTarget(asked(panel).instant())
}

/** Figures over time. */
export function graph(panel: Panel): TimeSeriesBuilder {
  const built = withField(new TimeSeriesBuilder(), panel)
    .height(8)
    .span(12)
    .lineWidth(1)
    .fillOpacity(panel.stacked ? 30 : 0)
    // A gap is not known, and no line leads over it.
    .spanNulls(false)
    .showPoints(common.VisibilityMode.Never)
    .stacking(
      new common.StackingConfigBuilder().mode(
        panel.stacked ? common.StackingMode.Normal : common.StackingMode.None,
      ),
    )
    .tooltip(
      new common.VizTooltipOptionsBuilder()
        .mode(common.TooltipDisplayMode.Multi)
        .sort(common.SortOrder.Descending),
    )
    .legend(
      new common.VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(common.LegendDisplayMode.Table)
        .placement(common.LegendPlacement.Bottom)
        .calcs(['mean', 'max', 'lastNotNull']),
    )
    .withTarget(asked(panel).range())
  return panel.min === 0 ? built.axisSoftMin(0) : built
}

/** A row for each value of a label, a column for each question. */
export function table(
  panel: Pick<Panel, 'title' | 'description'>,
  columns: readonly (Pick<Panel, 'title' | 'unit' | 'expr'> & { readonly refId: string })[],
  labels: Readonly<Record<string, string>>,
): TableBuilder {
  const built = new TableBuilder()
    .title(panel.title)
    .description(panel.description)
    .datasource(SOURCE)
    .height(9)
    .span(24)
    .noValue('unknown')
    .withTransformation({ id: 'merge', options: {} })
    .withTransformation({
      id: 'organize',
      options: {
        excludeByName: { Time: true },
        renameByName: {
          ...labels,
          ...Object.fromEntries(columns.map(({ refId, title }) => [`Value #${refId}`, title])),
        },
      },
    })
  for (const { refId, expr, title, unit } of columns)
    built
      .withTarget(
        new DataqueryBuilder()
          .refId(refId)
          .expr(expr)
          .instant()
          .format(PromQueryFormat.Table)
          .datasource(SOURCE),
      )
      .overrideByName(title, [{ id: 'unit', value: unit }])
  return built
}

function asked({ expr, legend }: Panel): DataqueryBuilder {
  return new DataqueryBuilder().refId('A').expr(expr).legendFormat(legend).datasource(SOURCE)
}

function withField<Builder extends StatBuilder | TimeSeriesBuilder>(builder: Builder, panel: Panel): Builder {
  builder
    .title(panel.title)
    .description(panel.description)
    .datasource(SOURCE)
    .unit(panel.unit)
    .noValue('unknown')
  if (panel.min !== undefined) builder.min(panel.min)
  if (panel.max !== undefined) builder.max(panel.max)
  const steps =
    panel.least === undefined
      ? [{ value: null, color: 'text' }]
      : [
          { value: null, color: 'orange' },
          { value: panel.least, color: 'green' },
        ]
  builder.thresholds(new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(steps))
  return builder
}
