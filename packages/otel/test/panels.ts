// What the dashboards ask, for the tests of them.
import type { Dashboard, Panel } from '@grafana/grafana-foundation-sdk/dashboard'

/** The panels of a dashboard. */
export function panelsOf({ panels = [] }: Dashboard): readonly Panel[] {
  return panels.filter((panel): panel is Panel => panel.type !== 'row')
}

/** Every expression of a dashboard, and the panel that it is for. */
export function expressionsOf(dashboard: Dashboard): { readonly title: string; readonly expr: string }[] {
  return panelsOf(dashboard).flatMap(({ title = '', targets = [] }) =>
    targets.map((target) => ({ title, expr: String((target as { expr?: string }).expr) })),
  )
}
