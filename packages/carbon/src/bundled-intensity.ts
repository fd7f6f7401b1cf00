import { cloudGrids } from './cloud-grids.ts'
import { cloudTable } from './cloud-table.ts'
import type { Intensity, IntensityBasis } from './intensity.ts'
import { stateTable } from './state-table.ts'
import { type YearlyRow, yearlyTable, yearlyTableCarrier } from './yearly-table.ts'
import { normaliseZone } from './zone-name.ts'

/** A data set that stands behind a figure: enough to cite it and to find it again. */
export interface DataSet {
  name: string
  /** What its figures count: they are never mixed with those of another basis. */
  basis: IntensityBasis
  /** The day, ISO 8601, on which the figures were taken over. */
  retrieved: string
  /** SPDX identifier of the licence under which the source publishes. */
  licence: string
  licenceUrl: string
  source: string
  sourceUrl: string
  /** The package and version, or repository and commit, that carried the figures here. */
  carrier: string
  /** The line to print where the figures are shown. */
  attribution: string
}

/** Where one row of the bundled table comes from, and the calendar year that it describes. */
export interface RowSource extends DataSet {
  zone: string
  year: number
  /** The state or country whose figure it is, where a cloud's region has none of its own. */
  grid?: string
}

/** The bundled data set of countries and of the world, for provenance; data/LICENSE.md says more. */
export const bundledDataSet: Readonly<DataSet> = Object.freeze({
  name: 'Ember yearly electricity data',
  basis: 'lifecycle',
  retrieved: '2026-11-23',
  licence: 'CC-BY-4.0',
  licenceUrl: 'https://creativecommons.org/licenses/by/4.0/',
  source: 'Ember',
  sourceUrl: 'https://ember-energy.org',
  carrier: yearlyTableCarrier,
  attribution: 'Yearly electricity data, Ember (https://ember-energy.org), CC BY 4.0',
})

/** The bundled data set of cloud regions, for provenance; data/LICENSE.md says more. */
export const cloudDataSet: Readonly<DataSet> = Object.freeze({
  name: 'Google Cloud region carbon data',
  basis: 'direct',
  retrieved: '2026-11-23',
  licence: 'Apache-2.0',
  licenceUrl: 'https://www.apache.org/licenses/LICENSE-2.0',
  source: 'Google Cloud',
  sourceUrl: 'https://github.com/GoogleCloudPlatform/region-carbon-info',
  carrier: 'GoogleCloudPlatform/region-carbon-info@49f3f26',
  attribution: 'Carbon free energy for Google Cloud regions, Google, Apache-2.0',
})

/** The bundled data set of the states of the US, for provenance; data/LICENSE.md says more. */
export const stateDataSet: Readonly<DataSet> = Object.freeze({
  name: 'EPA eGRID',
  basis: 'direct',
  retrieved: '2026-11-29',
  licence: 'LicenseRef-US-Government-Work',
  licenceUrl: 'https://www.law.cornell.edu/uscode/text/17/105',
  source: 'U.S. Environmental Protection Agency',
  sourceUrl: 'https://www.epa.gov/egrid',
  carrier: 'orcunkoraliseri/OpenUBEM@2fa127c',
  attribution: 'eGRID2022, U.S. Environmental Protection Agency (https://www.epa.gov/egrid), public domain',
})

const zones: readonly string[] = Object.freeze(
  [yearlyTable, stateTable, cloudTable, cloudGrids].flatMap((table) => Object.keys(table)).sort(),
)

/**
 * The yearly average intensity of a country (ISO 3166-1 alpha-2), of `WORLD` (both lifecycle), of a state of the US
 * (`US-CA`) or of a cloud's region (`gcp:europe-north1`; both direct); case and blanks around it do not matter. For a
 * region of a cloud that publishes no figure (`aws:eu-north-1`) that of its state or country stands in, of whatever
 * basis that has: `source` says so, and it is `estimated`. Else undefined where there is no figure: never another zone's.
 */
export function bundledIntensity(zone: string): Intensity | undefined {
  const found = findRow(zone)
  return found && toIntensity(found, found.grid !== undefined)
}

/** The world's yearly average, marked as an estimate: for a zone that is not known. */
export function worldIntensity(): Intensity {
  return toIntensity({ zone: 'WORLD', row: yearlyTable.WORLD, dataSet: bundledDataSet }, true)
}

/** The zones that have a bundled figure, in alphabetical order, countries and states before cloud regions. */
export function bundledZones(): readonly string[] {
  return zones
}

/** Source, licence and year of one zone's bundled figure; undefined where there is none. */
export function rowSource(zone: string): RowSource | undefined {
  const found = findRow(zone)
  if (found === undefined) return undefined
  const { zone: one, row, dataSet, grid } = found
  return { ...dataSet, zone: one, year: row[1], ...(grid === undefined ? {} : { grid }) }
}

interface Found {
  readonly zone: string
  readonly row: YearlyRow
  readonly dataSet: Readonly<DataSet>
  /** The zone whose row it is, where it is another one's. */
  readonly grid?: string
}

function findRow(text: string): Found | undefined {
  const zone = normaliseZone(text)
  if (zone === undefined) return undefined
  if (Object.hasOwn(cloudGrids, zone)) {
    const grid = cloudGrids[zone] as string
    const found = ownRow(grid)
    return found && { ...found, zone, grid }
  }
  return ownRow(zone)
}

function ownRow(zone: string): Found | undefined {
  const [table, dataSet] = zone.includes(':')
    ? [cloudTable, cloudDataSet]
    : zone.includes('-')
      ? [stateTable, stateDataSet]
      : [yearlyTable, bundledDataSet]
  const row = Object.hasOwn(table, zone) ? table[zone] : undefined
  return row && { zone, row, dataSet }
}

function toIntensity(
  { zone, row: [gramsPerKilowattHour, year], dataSet, grid }: Found,
  estimated: boolean,
): Intensity {
  return {
    gramsPerKilowattHour,
    kind: 'average',
    basis: dataSet.basis,
    source: grid === undefined ? dataSet.name : `${dataSet.name}, of ${grid}`,
    zone,
    period: String(year),
    estimated,
  }
}
