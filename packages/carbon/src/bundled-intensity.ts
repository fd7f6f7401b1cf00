import { cloudTable } from './cloud-table.ts'
import type { Intensity, IntensityBasis } from './intensity.ts'
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

const zones: readonly string[] = Object.freeze([...Object.keys(yearlyTable), ...Object.keys(cloudTable)])

/**
 * The yearly average intensity of a country (ISO 3166-1 alpha-2), of `WORLD` (both lifecycle) or of a cloud region
 * (`gcp:europe-north1`, direct); case and blanks around it do not matter. Undefined where there is no figure: never
 * another zone's.
 */
export function bundledIntensity(zone: string): Intensity | undefined {
  const found = findRow(zone)
  return found && toIntensity(found, false)
}

/** The world's yearly average, marked as an estimate: for a zone that is not known. */
export function worldIntensity(): Intensity {
  return toIntensity({ zone: 'WORLD', row: yearlyTable.WORLD, dataSet: bundledDataSet }, true)
}

/** The zones that have a bundled figure, in alphabetical order, countries before cloud regions. */
export function bundledZones(): readonly string[] {
  return zones
}

/** Source, licence and year of one zone's bundled figure; undefined where there is none. */
export function rowSource(zone: string): RowSource | undefined {
  const found = findRow(zone)
  return found && { ...found.dataSet, zone: found.zone, year: found.row[1] }
}

interface Found {
  readonly zone: string
  readonly row: YearlyRow
  readonly dataSet: Readonly<DataSet>
}

function findRow(text: string): Found | undefined {
  const zone = normaliseZone(text)
  if (zone === undefined) return undefined
  const [table, dataSet] = zone.includes(':') ? [cloudTable, cloudDataSet] : [yearlyTable, bundledDataSet]
  const row = Object.hasOwn(table, zone) ? table[zone] : undefined
  return row && { zone, row, dataSet }
}

function toIntensity(
  { zone, row: [gramsPerKilowattHour, year], dataSet }: Found,
  estimated: boolean,
): Intensity {
  return {
    gramsPerKilowattHour,
    kind: 'average',
    basis: dataSet.basis,
    source: dataSet.name,
    zone,
    period: String(year),
    estimated,
  }
}
