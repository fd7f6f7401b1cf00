import { CarbonError } from './carbon-error.ts'
import { hardwareLifetimeYears, hardwareRow } from './cloud-hardware.ts'

/** Emissions of making hardware, as SCI (ISO/IEC 21031) wants them: `M = TE * TS * RS`. */
export interface EmbodiedEmissions {
  /** TE: grams of CO2e of making, carrying and disposing of the whole machine. */
  readonly totalGrams: number
  /** EL: its life, in seconds. */
  readonly lifetimeSeconds: number
  /** RS: the share of the machine that is reserved, above 0 and at most 1. */
  readonly share: number
  /** Who says so, where the figure is one of the bundled ones. */
  readonly source?: string
  /** The machine, where the figure is one of the bundled ones: `aws:p3.2xlarge`. */
  readonly hardware?: string
}

/** What a user says of embodied emissions: hardware that is in the bundled table, or figures of their own. */
export type EmbodiedChoice =
  | string
  | {
      readonly totalGrams: number
      /** By default 4. */
      readonly lifetimeYears?: number | undefined
      /** By default 1. */
      readonly share?: number | undefined
    }

/** A year as it is counted where a life is 35,040 hours, which is four of them. */
const SECONDS_PER_YEAR = 365 * 86_400

/** Embodied emissions as chosen. Throws `HARDWARE_UNKNOWN` for hardware that is not in the table. */
export function embodiedEmissions(choice: EmbodiedChoice): EmbodiedEmissions {
  if (typeof choice !== 'string') {
    const { totalGrams, lifetimeYears = hardwareLifetimeYears, share = 1 } = choice
    return { totalGrams, lifetimeSeconds: lifetimeYears * SECONDS_PER_YEAR, share }
  }
  const row = hardwareRow(choice)
  if (row) {
    const { hardware, kilograms, share, source } = row
    const lifetimeSeconds = hardwareLifetimeYears * SECONDS_PER_YEAR
    return { totalGrams: kilograms * 1000, lifetimeSeconds, share, source, hardware }
  }
  throw new CarbonError(
    'HARDWARE_UNKNOWN',
    `No embodied emissions of ${JSON.stringify(choice.slice(0, 40))} are bundled: expected an instance such as aws:p3.2xlarge or gcp:a2-highgpu-1g, or figures of your own as {"totalGrams":1000000,"lifetimeYears":4,"share":1}`,
  )
}

/** Grams of an amount of time: `M = TE * TS * RS`, where TS is that time as a share of the machine's life (ISO/IEC 21031, 7.4). */
export function embodiedGrams(
  { totalGrams, lifetimeSeconds, share }: EmbodiedEmissions,
  seconds: number,
): number {
  return totalGrams * (seconds / lifetimeSeconds) * share
}
