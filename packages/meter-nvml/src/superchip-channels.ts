import { setTimeout as sleep } from 'node:timers/promises'
import type { Domain, MeterContext } from '@ergometer/meter'
import { type Channel, NvmlChannel } from './channel.ts'
import type { Gpu } from './gpu.ts'
import { gpuDomain, moduleDomain, moduleId } from './gpu-domain.ts'
import type { FoundRung } from './rung.ts'
import { type Scope, ScopeTrial } from './scope-trial.ts'
import { groupBySuperchip, type Superchip } from './superchip.ts'

/** Seconds over which a counter is held against power: its edges are then 2 % of it, or less. */
const TRIAL = 5.2
/** Milliseconds between two looks, and share of them by which they vary: not to lock onto the training's own rhythm. */
const BETWEEN_LOOKS = 50
const JITTER = 0.2

type Facts = (gpu: Gpu) => NonNullable<Domain['attributes']>

/**
 * Channels of GPUs on superchips: one for each module, and one for each GPU of which something alone can be read. What
 * each rung covers is found, which takes five seconds; what was read meanwhile is not lost.
 */
export async function superchipChannels(
  gpus: readonly Gpu[],
  facts: Facts,
  context: MeterContext,
): Promise<Channel[]> {
  if (gpus.length === 0) return []
  const message = `${gpus[0]?.name}: whether its figures cover the GPU or the whole superchip is being found, which takes 5 s; a shorter run knows nothing of its energy`
  context.log(message, { code: 'scope-unknown' })
  const trials = new Map(gpus.map((gpu) => [gpu, new ScopeTrial(gpu, context.clock)]))
  const until = context.clock() + TRIAL
  while (context.clock() < until && !context.signal.aborted) {
    for (const trial of trials.values()) trial.look()
    await sleep(BETWEEN_LOOKS * (1 + JITTER * (Math.random() - 0.5)))
  }
  return groupBySuperchip(gpus, context.sysRoot).flatMap((superchip) =>
    channelsOf(superchip, trials, facts, context),
  )
}

function channelsOf(
  superchip: Superchip,
  trials: ReadonlyMap<Gpu, ScopeTrial>,
  facts: Facts,
  { log }: MeterContext,
): Channel[] {
  const found = superchip.gpus.map((gpu) => {
    const trial = trials.get(gpu) as ScopeTrial
    return { gpu, trial, rungs: trial.found() }
  })
  const channel = (one: (typeof found)[number], scope: Scope, rung: FoundRung, domain: Domain) =>
    new NvmlChannel(domain, one.gpu, rung, one.trial.power(scope))
  // Every GPU of a module shows the same of it.
  const ofModule = found.filter(({ rungs }) => rungs.module)
  const best = ofModule.find(({ rungs }) => rungs.module?.rung.quantity === 'energy') ?? ofModule[0]
  const channels: Channel[] = []
  if (best?.rungs.module) {
    const { rung } = best.rungs.module
    const domain = moduleDomain(superchip, best.gpu, rung, { ...facts(best.gpu), 'nvml.scope': 'module' })
    channels.push(channel(best, 'module', best.rungs.module, domain))
  }
  const within = best ? moduleId(superchip) : undefined
  for (const one of found) {
    const { gpu, rungs } = one
    if (rungs.gpu) {
      const domain = gpuDomain(gpu, rungs.gpu.rung, { ...facts(gpu), 'nvml.scope': 'gpu' }, within)
      channels.push(channel(one, 'gpu', rungs.gpu, domain))
    } else if (!best) {
      // The whole is the safer guess, where it is but one GPU's: nothing is then counted twice.
      const rung = found.length === 1 ? rungs.unknown : undefined
      const metered = rung ? 'it is taken for the whole superchip' : 'it is not metered'
      const message = `${gpu.name}, GPU ${gpu.index}: what its figures cover could not be found: ${metered}`
      log(message, { severity: 'warning', code: 'scope-unknown', domain: gpu.uuid })
      if (!rung) continue
      const domain = moduleDomain(superchip, gpu, rung.rung, { ...facts(gpu), 'nvml.scope': 'unknown' })
      channels.push(channel(one, 'unknown', rung, domain))
    }
  }
  return channels
}
