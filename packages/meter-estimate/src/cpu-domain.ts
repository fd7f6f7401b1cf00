import { type MeterContext, MeterError } from '@ergometer/meter'
import { cpuPowerCurve } from './cpu-power.ts'
import { type InstanceEstimate, instancePowerCurve } from './instance-estimate.ts'
import type { Machine } from './machine.ts'
import { type ModelledDomain, UPDATE_SECONDS } from './modelled-domain.ts'
import { rateCpu } from './tdp-table.ts'
import { Utilisation } from './utilisation.ts'

/** What is known of the CPU better than the table can know it. */
export interface CpuOverrides {
  /** Watts of what this process may use, at full load. */
  readonly cpuWatts?: number | undefined
  /** TDP of one socket, in watts. */
  readonly tdpWatts?: number | undefined
  /** Published figures of the instance that the machine is. */
  readonly instance?: InstanceEstimate | undefined
}

/** A domain declares one relative uncertainty, so that of this load: at idle it is larger, at full load smaller. */
const TYPICAL_UTILISATION = 0.5

/** For the first reading when not one tick has passed since opening: some 10 ms of energy, so the middle will do. */
const UNKNOWN_UTILISATION = 0.5

/** Seconds without one tick (10 ms) after which CPU times stand still, rather than being read too often. */
const STANDSTILL_SECONDS = 0.1

/** CPU power, from now on. */
export function openCpuDomain(
  machine: Machine,
  { cpuWatts, tdpWatts, instance }: CpuOverrides,
  { clock, log }: Pick<MeterContext, 'clock' | 'log'>,
): ModelledDomain {
  // The model knows whole machines; of this one, a container may use `cpuShare`.
  const { name, sockets, logicalCpus, virtualised, cpuShare } = machine
  const powerAt = instance
    ? instancePowerCurve(instance)
    : cpuPowerCurve({
        cpuName: name,
        sockets,
        logicalCpus,
        virtualised,
        ...(tdpWatts === undefined ? {} : { tdpWatts }),
        ...(cpuWatts === undefined ? {} : { fullLoadWatts: cpuWatts / cpuShare }),
      })

  let from = clock()
  const first = machine.cpuTimes(from)
  const utilisation = new Utilisation(first)
  let ticked = { at: from, totalSeconds: first.totalSeconds }

  if (!instance && cpuWatts === undefined && tdpWatts === undefined && rateCpu(name).tdpWatts === undefined) {
    log(`CPU '${name}': TDP unknown, modelled from its class and number of threads`, {
      severity: 'info',
      code: 'cpu-unknown',
      domain: 'cpu',
    })
  }

  const typical = powerAt(TYPICAL_UTILISATION)
  const whole = cpuShare === 1
  return {
    domain: {
      id: 'cpu',
      kind: 'cpu',
      label: labelOf(machine),
      method: 'modelled',
      reads: { quantity: 'interval-energy' },
      standardUncertainty: {
        relative: typical.standardUncertaintyWatts / typical.watts,
        shared: 'meter',
      },
      updatePeriod: UPDATE_SECONDS,
      // Only a whole socket is what a sensor of package 0 would show.
      ...(sockets === 1 && !virtualised && whole ? { identity: 'cpu:package-0' } : {}),
      attributes: { basis: whole ? typical.basis : `${percent(cpuShare)} of ${typical.basis}` },
    },
    read(record) {
      const time = clock()
      if (time <= from) return
      const times = machine.cpuTimes(time)
      if (times.totalSeconds !== ticked.totalSeconds) {
        ticked = { at: time, totalSeconds: times.totalSeconds }
      } else if (time - ticked.at >= STANDSTILL_SECONDS) {
        throw new MeterError(`CPU times have stood still for ${(time - ticked.at).toFixed(3)} s`, {
          outcome: 'retry',
          code: 'ESTIMATE_STANDSTILL',
        })
      }
      const { watts } = powerAt(utilisation.next(times) ?? UNKNOWN_UTILISATION)
      record(watts * cpuShare * (time - from), { from, time })
      from = time
    },
  }
}

function labelOf({ name, sockets, logicalCpus, virtualised, cpuShare }: Machine): string {
  const cpus = virtualised ? 'vCPUs' : 'CPUs'
  const count =
    cpuShare === 1 ? logicalCpus : `${Number((cpuShare * logicalCpus).toFixed(2))} of ${logicalCpus}`
  const times = sockets === 1 || virtualised ? '' : `${sockets} x `
  return `${times}${name} (${count} ${cpus}, model)`
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`
}
