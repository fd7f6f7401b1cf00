import { cloudPueTable } from './cloud-pue-table.ts'
import { normaliseZone } from './zone-name.ts'

/** Power usage effectiveness of a cloud's data centres in a region. */
export interface CloudPue {
  /** At least 1. */
  readonly pue: number
  /** Who says so. */
  readonly source: string
  /** The year, or the day, of the figure, ISO 8601. */
  readonly asOf: string
}

/**
 * The PUE of a cloud's region (`aws:eu-central-1`): its own, else that of its part of the world, else the cloud's mean. Undefined
 * for what is no region of a cloud in the table; data/LICENSE.md says where the figures are from.
 */
export function cloudPue(zone: string): CloudPue | undefined {
  const region = normaliseZone(zone)
  if (!region?.includes(':')) return undefined
  const [name] = Object.keys(cloudPueTable)
    .filter((row) => row === region || (row.endsWith('*') && region.startsWith(row.slice(0, -1))))
    .sort((a, b) => Number(b === region) - Number(a === region) || b.length - a.length)
  const row = name === undefined ? undefined : cloudPueTable[name]
  if (!row) return undefined
  const [pue, source, asOf] = row
  return { pue, source, asOf }
}
