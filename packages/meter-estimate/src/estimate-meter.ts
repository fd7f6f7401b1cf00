import { existsSync } from 'node:fs'
import { join } from 'node:path'
import {
  type Availability,
  defineMeter,
  type EnergyMeter,
  type MeterContext,
  MeterError,
  type StandardSchema,
} from '@ergometer/meter'
import * as z from 'zod/mini'
import { openCpuDomain } from './cpu-domain.ts'
import type { InstanceEstimate } from './instance-estimate.ts'
import { openLinuxMachine } from './linux-machine.ts'
import type { Machine } from './machine.ts'
import { openMemoryDomain } from './memory-domain.ts'
import { openPortableMachine } from './portable-machine.ts'

/** Options of the meter `estimate`: what is known of this machine better than a table can know it. */
export interface EstimateOptions {
  /** Watts of what this process may use of the CPUs, at full load. */
  readonly cpuWatts?: number | undefined
  /** TDP of one socket, in watts. */
  readonly tdpWatts?: number | undefined
  /** Watts per 1e9 bytes of memory in use. */
  readonly memoryWattsPerGigabyte?: number | undefined
  /** Published figures of this machine as a cloud's instance; `cpuWatts` and `tdpWatts` win over them. Ergometer finds them by itself. */
  readonly instance?: InstanceEstimate | undefined
}

// Messages of our own: zod/mini has none, and a table of them costs more than the rest.
const error = 'expected a finite number above 0'
const zeroError = 'expected a finite number that is not negative'
const numberAboveZero = z.number(error).check(z.positive(error))
const aboveZero = z.optional(numberAboveZero)

const notBelowZero = z.number(zeroError).check(z.gte(0, zeroError))
const text = z.string('expected a text')

const instance = z.strictObject({
  name: z.optional(text),
  idleWatts: notBelowZero,
  peakWatts: numberAboveZero,
  relativeUncertainty: numberAboveZero,
  source: text,
  includedGigabytes: z.optional(notBelowZero),
})

// The annotation keeps zod, which is bundled, out of the declarations.
const schema: StandardSchema<EstimateOptions> = z.strictObject(
  {
    cpuWatts: aboveZero,
    tdpWatts: aboveZero,
    memoryWattsPerGigabyte: aboveZero,
    instance: z.optional(instance),
  },
  {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `unknown: ${issue.keys?.join(', ')}; expected cpuWatts, tdpWatts, memoryWattsPerGigabyte or instance`
        : 'expected an object',
  },
)

/** The meter `estimate`: CPU and memory power from load and a model, where no sensor can be read. */
export default defineMeter(import.meta.url, {
  name: 'estimate',
  options: schema,
  interval: 1,
  probe: (_options, context) => probe(context),
  open: (options, context) => openEstimate(openMachine(context), options, context),
})

/** The meter over any machine. Curves begin here, at opening, so that the first read has an interval to tell of. */
export function openEstimate(
  machine: Machine,
  options: EstimateOptions,
  context: Pick<MeterContext, 'clock' | 'log'>,
): EnergyMeter {
  // What the user says of this CPU is better known than what is published of its instance.
  const better = options.cpuWatts !== undefined || options.tdpWatts !== undefined
  const known = better ? { ...options, instance: undefined } : options
  const parts = [openCpuDomain(machine, known, context), openMemoryDomain(machine, known, context)]
  return {
    domains: parts.map(({ domain }) => domain),
    read(record) {
      let failure: unknown
      for (const [index, part] of parts.entries()) {
        // Trouble with one domain costs that domain alone.
        try {
          part.read((joules, at) => record(index, joules, at))
        } catch (error) {
          failure ??= error
        }
      }
      if (failure !== undefined) throw failure
    },
  }
}

/** By `/proc` where there is one (a container may bring another's), else by what Node tells. */
function openMachine(context: MeterContext): Machine {
  const linux = process.platform === 'linux' || existsSync(join(context.procRoot, 'stat'))
  return linux ? openLinuxMachine(context) : openPortableMachine()
}

function probe(context: MeterContext): Availability {
  try {
    openMachine(context)
    return { available: true }
  } catch (error) {
    if (!MeterError.isInstance(error)) throw error
    return {
      available: false,
      why: error.message,
      file: join(context.procRoot, 'stat'),
      fixes: ["mount the host's /proc into the container, read-only, and set HOST_PROC to that path"],
    }
  }
}
