import type { CpuPower } from './cpu-power.ts'

/** What somebody publishes of a cloud's instance: it takes the place of what the CPU's name tells. */
export interface InstanceEstimate {
  /** What to call it: `aws m5.2xlarge`. */
  readonly name?: string | undefined
  /** Watts of all its vCPUs together at no load. */
  readonly idleWatts: number
  /** The same at full load. */
  readonly peakWatts: number
  /** One sigma, relative. */
  readonly relativeUncertainty: number
  /** Who says so. */
  readonly source: string
  /** Gigabytes (1e9 bytes) of memory that are in these watts already: the estimate of memory counts what is in use beyond. */
  readonly includedGigabytes?: number | undefined
}

/** Power of an instance's CPUs by their utilisation: a straight line, as such figures are meant. Pure. */
export function instancePowerCurve(instance: InstanceEstimate): (utilisation: number) => CpuPower {
  const { name = 'instance', idleWatts, peakWatts, relativeUncertainty, source } = instance
  const basis = `${name}: ${round(idleWatts)} to ${round(peakWatts)} W by ${source}`
  return (utilisation) => {
    const watts = idleWatts + Math.min(1, Math.max(0, utilisation)) * (peakWatts - idleWatts)
    return { watts, standardUncertaintyWatts: watts * relativeUncertainty, basis }
  }
}

function round(watts: number): number {
  return Number(watts.toPrecision(4))
}
