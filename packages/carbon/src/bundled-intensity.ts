import type { Intensity } from './intensity.ts'
import { type YearlyRow, yearlyTable, yearlyTableCarrier } from './yearly-table.ts'

/** A data set that stands behind a figure: enough to cite it and to find it again. */
export interface DataSet {
  name: string
  /** The day, ISO 8601, on which the figures were taken over. */
  retrieved: string
  /** SPDX identifier of the licence under which the source publishes. */
  licence: string
  licenceUrl: string
  source: string
  sourceUrl: string
  /** The package and version that carried the figures here. */
  carrier: string
  /** The line to print where the figures are shown. */
  attribution: string
}

/** Where one row of the bundled table comes from, and the calendar year that it describes. */
export interface RowSource extends DataSet {
  zone: string
  year: number
}

/** The bundled data set, for provenance; data/LICENSE.md says more. */
export const bundledDataSet: Readonly<DataSet> = Object.freeze({
  name: 'Ember yearly electricity data',
  retrieved: '2026-11-23',
  licence: 'CC-BY-4.0',
  licenceUrl: 'https://creativecommons.org/licenses/by/4.0/',
  source: 'Ember',
  sourceUrl: 'https://ember-energy.org',
  carrier: yearlyTableCarrier,
  attribution: 'Yearly electricity data, Ember (https://ember-energy.org), CC BY 4.0',
})

const zones: readonly string[] = Object.freeze(Object.keys(yearlyTable))

/**
 * The yearly average lifecycle intensity of a country (ISO 3166-1 alpha-2) or of `WORLD`; case and blanks
 * around it do not matter. Undefined where there is no figure: never another zone's.
 */
export function bundledIntensity(zone: string): Intensity | undefined {
  const code = zone.trim().toUpperCase()
  const row = findRow(code)
  return row && toIntensity(code, row, false)
}

/** The world's yearly average, marked as an estimate: for a zone that is not known. */
export function worldIntensity(): Intensity {
  return toIntensity('WORLD', yearlyTable.WORLD, true)
}

/** The zones that have a bundled figure, in alphabetical order. */
export function bundledZones(): readonly string[] {
  return zones
}

/** Source, licence and year of one zone's bundled figure; undefined where there is none. */
export function rowSource(zone: string): RowSource | undefined {
  const code = zone.trim().toUpperCase()
  const row = findRow(code)
  return row && { ...bundledDataSet, zone: code, year: row[1] }
}

function findRow(code: string): YearlyRow | undefined {
  return Object.hasOwn(yearlyTable, code) ? yearlyTable[code] : undefined
}

function toIntensity(zone: string, [gramsPerKilowattHour, year]: YearlyRow, estimated: boolean): Intensity {
  return {
    gramsPerKilowattHour,
    kind: 'average',
    basis: 'lifecycle',
    source: bundledDataSet.name,
    zone,
    period: String(year),
    estimated,
  }
}
