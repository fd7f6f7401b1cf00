const JOULES_PER_KILOWATT_HOUR = 3.6e6
/** The international mile, by definition (international yard and pound agreement, 1959). */
const KILOMETRES_PER_MILE = 1.609344

/** A figure of the kind "as much as …", and where it comes from. */
export interface Equivalent {
  /** Stable and kebab-case: `car-kilometres`. */
  readonly id: string
  /** How many `unit`s. */
  readonly amount: number
  /** What is counted, in words that follow a number. */
  readonly unit: string
  /** Whether it is worked out from the energy or from the emissions. */
  readonly of: 'energy' | 'emissions'
  /** What one unit stands for, in joules or in grams of CO2e. */
  readonly each: number
  /** Who says so. */
  readonly source: string
  readonly sourceUrl: string
  /** The year of the figure. */
  readonly year: number
  /** Under which licence the source publishes. */
  readonly licence: string
}

const PUBLIC_DOMAIN = 'US government work, public domain'
const EPA = {
  source: 'US EPA, Greenhouse Gas Equivalencies Calculator',
  sourceUrl: 'https://www.epa.gov/energy/greenhouse-gas-equivalencies-calculator-calculations-and-references',
  year: 2024,
  licence: PUBLIC_DOMAIN,
} as const

const TABLE: readonly Omit<Equivalent, 'amount'>[] = [
  {
    id: 'car-kilometres',
    unit: 'km by an average petrol car in the US',
    of: 'emissions',
    // 3.93e-4 t CO2e a mile: CO2, CH4 and N2O of the fleet on the road.
    each: 393 / KILOMETRES_PER_MILE,
    ...EPA,
  },
  {
    id: 'new-car-kilometres',
    unit: 'km by an average new car in Europe',
    of: 'emissions',
    // 108.1 g CO2/km in 2022 by type approval (WLTP), battery cars included; on the road it is more.
    each: 108.1,
    source: 'European Environment Agency, CO2 performance of new passenger cars',
    sourceUrl: 'https://www.eea.europa.eu/en/analysis/indicators/co2-performance-of-new-passenger',
    year: 2022,
    licence: 'CC BY 4.0',
  },
  {
    id: 'tree-years',
    unit: 'years of a young tree in a town, to take it up',
    of: 'emissions',
    // 0.060 t CO2 for a seedling that grows for ten years: that is all ten, not each.
    each: 60_000 / 10,
    ...EPA,
  },
  {
    id: 'phone-charges',
    unit: 'full charges of a smartphone',
    of: 'energy',
    // 0.019 kWh at the socket.
    each: 0.019 * JOULES_PER_KILOWATT_HOUR,
    ...EPA,
  },
  {
    id: 'home-days',
    unit: 'days of electricity for a home in the US',
    of: 'energy',
    // 10,715 kWh a customer in 2020, a year of 366 days.
    each: (10_715 / 366) * JOULES_PER_KILOWATT_HOUR,
    source: 'US EIA, how much electricity does an American home use',
    sourceUrl: 'https://www.eia.gov/tools/faqs/faq.php?id=97',
    year: 2020,
    licence: PUBLIC_DOMAIN,
  },
]

/**
 * What an amount of energy (joules) and of emissions (grams of CO2e) is as much as, for people to picture it; of what is not
 * known, nothing. The figures are averages, of the country and year that they name, and good for one digit.
 */
export function equivalentsOf(amounts: {
  readonly joules?: number | undefined
  readonly gramsCo2e?: number | undefined
}): Equivalent[] {
  return TABLE.flatMap((row) => {
    const total = row.of === 'energy' ? amounts.joules : amounts.gramsCo2e
    return total === undefined ? [] : [{ ...row, amount: total / row.each }]
  })
}
