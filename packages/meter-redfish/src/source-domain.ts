import type { Domain, StandardUncertainty } from '@ergometer/meter'
import type { PowerSource } from './power-source.ts'
import { numberIn, type RedfishReply, textIn } from './redfish-reply.ts'

/** What all domains of a chassis have in common. */
export interface ChassisFacts {
  /** Its id. */
  readonly chassis: string
  readonly label: string
  readonly identity: string
  /** It feeds the machine that runs, whole and alone. */
  readonly thisHost: boolean
  /** Seconds, as the user says. */
  readonly updatePeriod?: number | undefined
}

/** Seconds between two changes of a BMC's sensor, if nobody says: iLO's own history has one value per 10 s. */
const USUAL_PERIOD = 10
/** Joules of a counter's smallest step above which power tells more: a tenth to a second of a server. */
const FINE = 100
/** Watts that a server draws at least while it works: how long a coarse counter stands still. */
const LEAST_WATTS = 100
/** Bound of plausibility in watts; the largest servers draw some 15 kW. */
const MOST_WATTS = 30_000

/** The smallest step that a counter shows, in joules, by its decimals; what is left of binary fractions is none. */
export function stepOf({ value, joulesPerCount = 1 }: PowerSource): number {
  const decimals = /\.(\d+)$/.exec(String(Number(value.toPrecision(12))))?.[1]?.length ?? 0
  return joulesPerCount / 10 ** decimals
}

/** The sources that are metered: a coarse counter only where nothing shows power. */
export function worthMetering(sources: readonly PowerSource[]): readonly PowerSource[] {
  const fine = sources.filter((source) => source.quantity === 'power' || stepOf(source) <= FINE)
  return fine.length > 0 ? fine : sources
}

/** The domain of a source. */
export function sourceDomain(source: PowerSource, facts: ChassisFacts): Domain {
  const { quantity, joulesPerCount = 1, sensor } = source
  const uncertainty = accuracyOf(sensor)
  return {
    id: `${facts.chassis.replace(/[^A-Za-z0-9_.:-]/g, '_').slice(0, 100)}/${quantity}`,
    kind: 'host',
    label: `${facts.label} (${quantity})`,
    method: 'measured',
    reads: quantity === 'power' ? { quantity } : { quantity, joulesPerCount },
    maxWatts: MOST_WATTS,
    updatePeriod: updatePeriod(source, facts),
    identity: facts.identity,
    ...(uncertainty ? { standardUncertainty: uncertainty } : {}),
    ...(facts.thisHost ? { feeds: 'this-host' as const } : {}),
    attributes: { path: source.path },
  }
}

function updatePeriod(source: PowerSource, facts: ChassisFacts): number {
  const told = facts.updatePeriod ?? secondsOf(textIn(source.sensor, 'SensingInterval')) ?? USUAL_PERIOD
  const step = source.quantity === 'energy' ? stepOf(source) : 0
  return step > FINE ? Math.max(told, step / LEAST_WATTS) : told
}

/** Redfish's `Accuracy` is the largest error in percent, either way: spread evenly it is that over the root of 3. */
function accuracyOf(sensor: RedfishReply | undefined): StandardUncertainty | undefined {
  const percent = numberIn(sensor, 'Accuracy')
  if (percent === undefined || percent <= 0 || percent > 100) return undefined
  return { relative: percent / 100 / Math.sqrt(3), shared: 'domain' }
}

const DURATION = /^P(?:(\d+)D)?T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?$/

/** Seconds of an ISO 8601 duration such as `PT0.25S`; undefined for anything else. */
export function secondsOf(duration: string | undefined): number | undefined {
  const [whole, days = 0, hours = 0, minutes = 0, seconds = 0] = DURATION.exec(duration ?? '') ?? []
  if (whole === undefined) return undefined
  const total = ((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds)
  return total > 0 ? total : undefined
}
