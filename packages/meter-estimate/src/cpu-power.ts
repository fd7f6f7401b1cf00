import { plainCpuName, rateCpu } from './tdp-table.ts'

/** The CPUs that the model is asked about. */
export interface CpuConfiguration {
  /** As the system calls it: `/proc/cpuinfo`'s `model name`, or a bare model such as `EPYC 7763`. */
  readonly cpuName: string
  /** Sockets of the machine; not looked at in a virtual machine, where they are invented. */
  readonly sockets: number
  /** Logical CPUs (hardware threads, or vCPUs) of all sockets together. */
  readonly logicalCpus: number
  /** A virtual machine: its vCPUs are a share of the socket, not the whole of it. */
  readonly virtualised?: boolean
  /** TDP of one socket in watts, known better than by name. A virtual machine needs the CPU's threads from the table as well. */
  readonly tdpWatts?: number
  /** Watts of all sockets (in a virtual machine: of its share) at full load, known better than by the model. */
  readonly fullLoadWatts?: number
}

/** The CPUs, and how busy they are. */
export interface CpuLoad extends CpuConfiguration {
  /** Busy share of all logical CPUs, 0 to 1; what lies outside is clamped. */
  readonly utilisation: number
}

/** What the model answers, for all sockets together. */
export interface CpuPower {
  readonly watts: number
  /** One sigma, in watts; always above 0. */
  readonly standardUncertaintyWatts: number
  /** What the figure rests on, in words for a person. */
  readonly basis: string
}

/** Idle power within a factor of about two: sleep states, firmware settings, memory channels in use. */
const IDLE_UNCERTAINTY = 0.55

/** Of the rise above idle as load goes to zero, none at full load: clock governor, and whether a few CPUs are full or all are partly busy. */
const CURVE_UNCERTAINTY = 0.5

/** Units differ by some 5 % at one model (leakage, voltage), and a sensor that one would compare with is no better. */
const UNIT_UNCERTAINTY = 0.05

/** Of a full-load figure that somebody measured: the workload was not quite this one. */
const GIVEN_FULL_LOAD_UNCERTAINTY = 0.1

/**
 * CPU power by load and what the CPU's name tells, with its standard uncertainty. Pure.
 * Grows with `utilisation`, from idle power (never 0) to full-load power, along a concave curve: the second thread of a
 * core adds little, the shared parts wake with the first core, and clocks fall as cores fill up.
 * @throws RangeError when a figure is not a number, or a count is not above 0
 */
export function modelCpuPower(load: CpuLoad): CpuPower {
  return cpuPowerCurve(load)(load.utilisation)
}

/** The same for many utilisations: the CPU is looked up once. */
export function cpuPowerCurve(cpu: CpuConfiguration): (utilisation: number) => CpuPower {
  const { cpuClass, ratedWatts, ratingUncertainty, fullUncertainty, basis: rated } = rateMachine(cpu)
  const idle = ratedWatts * cpuClass.idleShare
  const full = ratedWatts * cpuClass.fullShare
  const basis = `${rated}, ${cpuClass.name} curve`

  return (requested) => {
    if (Number.isNaN(requested)) throw new RangeError('utilisation: expected 0 to 1, got NaN')
    const utilisation = Math.min(1, Math.max(0, requested))
    const curve = 1 - (1 - utilisation) ** cpuClass.curveExponent
    const watts = idle + (full - idle) * curve
    // By the GUM: each input's uncertainty times the change of watts with that input.
    const standardUncertaintyWatts = Math.hypot(
      idle * (1 - curve) * IDLE_UNCERTAINTY,
      full * curve * fullUncertainty,
      (full - idle) * curve * (1 - utilisation) * CURVE_UNCERTAINTY,
      watts * ratingUncertainty,
      watts * UNIT_UNCERTAINTY,
    )
    return { watts, standardUncertaintyWatts, basis }
  }
}

/** TDP watts of all that this machine has of its CPUs, and how well they are known. */
function rateMachine(cpu: CpuConfiguration) {
  const { cpuName, virtualised = false } = cpu
  const sockets = positive('sockets', cpu.sockets)
  const logicalCpus = positive('logicalCpus', cpu.logicalCpus)
  const rating = rateCpu(cpuName)
  const { cpuClass, threads } = rating
  const { fullUncertainty } = cpuClass

  if (cpu.fullLoadWatts !== undefined) {
    const watts = positive('fullLoadWatts', cpu.fullLoadWatts)
    return {
      cpuClass,
      ratedWatts: watts / cpuClass.fullShare,
      ratingUncertainty: 0,
      fullUncertainty: GIVEN_FULL_LOAD_UNCERTAINTY,
      basis: `${watts} W at full load as given`,
    }
  }
  const given = cpu.tdpWatts === undefined ? undefined : positive('tdpWatts', cpu.tdpWatts)
  const tdpWatts = given ?? rating.tdpWatts
  const tdpUncertainty = given === undefined ? rating.tdpUncertainty : 0
  const origin = given === undefined ? originOf(cpuName, rating.threads) : 'as given'

  if (tdpWatts !== undefined && !virtualised) {
    return {
      cpuClass,
      ratedWatts: tdpWatts * sockets,
      ratingUncertainty: tdpUncertainty,
      fullUncertainty,
      basis: `${sockets === 1 ? '' : `${sockets} x `}TDP ${tdpWatts} W ${origin}`,
    }
  }
  if (tdpWatts !== undefined && threads !== undefined) {
    return {
      cpuClass,
      ratedWatts: (tdpWatts * logicalCpus) / threads,
      ratingUncertainty: tdpUncertainty,
      fullUncertainty,
      basis: `${logicalCpus} of ${threads} threads of TDP ${tdpWatts} W ${origin}`,
    }
  }
  // Watts per thread already span the whole machine: never times sockets.
  return {
    cpuClass,
    ratedWatts: cpuClass.wattsPerThread * logicalCpus,
    ratingUncertainty: cpuClass.threadUncertainty,
    fullUncertainty,
    basis: `${logicalCpus} threads of ${cpuClass.wattsPerThread} W TDP, a prior for the class`,
  }
}

function originOf(cpuName: string, threads: number | undefined): string {
  return threads === undefined ? `of the family of ${plainCpuName(cpuName)}` : `of ${plainCpuName(cpuName)}`
}

function positive(name: string, value: number): number {
  if (value > 0 && value < Number.POSITIVE_INFINITY) return value
  throw new RangeError(`${name}: expected a finite number above 0, got ${value}`)
}
