import type { EnergyMeter, MeterContext } from '@ergometer/meter'
import { type NvmlBinding, openNvml } from '@ergometer/node-nvml'
import { type Channel, NvmlChannel, SmiChannel } from './channel.ts'
import { chooseGpus } from './choose-gpus.ts'
import { findGpus, type Gpu } from './gpu.ts'
import { gpuDomain, smiDomain } from './gpu-domain.ts'
import { GpuReader } from './gpu-reader.ts'
import { type GpuShares, SharesByInstance, SharesByProcess } from './gpu-shares.ts'
import type { NvmlMeterOptions } from './nvml-options.ts'
import { adviceOf, codeOf, ifOffered, LIBRARY_NOT_FOUND, openError, unavailable } from './nvml-trouble.ts'
import { findRungs, firstOf, type GpuRung } from './present-rung.ts'
import { POWERS } from './rung.ts'
import { findSmi, SmiPower } from './smi-power.ts'
import { isOnSuperchip } from './superchip.ts'
import { superchipChannels } from './superchip-channels.ts'

/** Opens the GPUs that are meant, each by its best rung. Throws a MeterError. */
export async function openGpus(options: NvmlMeterOptions, context: MeterContext): Promise<EnergyMeter> {
  const { env } = context
  let nvml: NvmlBinding
  try {
    nvml = await openNvml({ library: options.library, env })
  } catch (error) {
    const named = options.library || env['ERGOMETER_NVML_LIBRARY']
    const smi = named || codeOf(error) !== LIBRARY_NOT_FOUND ? undefined : findSmi(env)
    if (smi === undefined) throw openError(error)
    return openBySmi(smi, options, context)
  }
  try {
    return await openByNvml(nvml, options, context)
  } catch (error) {
    nvml.shutdown()
    throw codeOf(error) === undefined ? error : openError(error)
  }
}

async function openByNvml(
  nvml: NvmlBinding,
  options: NvmlMeterOptions,
  context: MeterContext,
): Promise<EnergyMeter> {
  const { clock, log } = context
  const { gpus, failures } = findGpus(nvml)
  if (gpus.length === 0) throw unavailable('NVML shows no GPU')
  if (failures.length === gpus.length) throw failures[0]
  for (const failure of failures) {
    const [label] = /GPU \d+/.exec((failure as Error).message) ?? ['GPU']
    log(`not metered: ${adviceOf(failure)}`, { severity: 'warning', code: 'gpu-unreadable', domain: label })
  }
  const { gpus: chosen, instances } = chooseGpus(gpus, options, context)
  const shares = sharesOf(chosen, options.processes === true, instances)
  const driver = ifOffered(() => nvml.driverVersion())
  const facts = (gpu: Gpu) => ({
    ...(driver === undefined ? {} : { 'nvml.driver': driver }),
    ...(shares.has(gpu.uuid) ? { 'share.method': shares.get(gpu.uuid)?.method ?? '' } : {}),
  })
  const onSuperchips = chosen.filter(isOnSuperchip)
  const plain = chosen.filter((gpu) => !onSuperchips.includes(gpu))
  const [found, grouped] = await Promise.all([
    findRungs(plain, clock),
    superchipChannels(onSuperchips, facts, context),
  ])
  const channels: Channel[] = [...found.flatMap((one) => gpuChannel(one, facts, context)), ...grouped]
  const mute = plain.filter(({ uuid }) => !channels.some(({ domain }) => domain.id === uuid))
  const smi = await smiChannels(mute, context)
  channels.push(...smi.channels)
  sayMute(mute, channels, context)
  const close = (): void => smi.power?.close()
  if (channels.length > 0) return new GpuReader(channels, { nvml, shares, close }, context)
  close()
  throw unavailable('no GPU here shows energy or power; a share of one (vGPU) seldom does')
}

/** By domain id: how energy is shared out, where somebody wants to know. */
function sharesOf(
  gpus: readonly Gpu[],
  processes: boolean,
  instances: ReadonlySet<string>,
): Map<string, GpuShares> {
  return new Map(
    gpus.flatMap((gpu): [string, GpuShares][] => {
      const own = gpu.divided && instances.size > 0 && gpu.instances.some(({ uuid }) => instances.has(uuid))
      if (!processes && !own) return []
      return [[gpu.uuid, gpu.divided ? new SharesByInstance(gpu, instances) : new SharesByProcess(gpu)]]
    }),
  )
}

function gpuChannel(
  { gpu, found, stuck }: GpuRung,
  facts: (gpu: Gpu) => Record<string, string>,
  { log }: MeterContext,
): Channel[] {
  if (!found) return []
  if (stuck) {
    const message = `${gpu.name}, GPU ${gpu.index}: its energy counter stands still, so its power is integrated`
    log(message, { code: 'counter-stuck', domain: gpu.uuid })
  }
  const { rung } = found
  const power = rung.quantity === 'energy' ? firstOf(POWERS, gpu.device)?.rung : undefined
  return [new NvmlChannel(gpuDomain(gpu, rung, facts(gpu)), gpu, found, power)]
}

/** GPUs that tell NVML nothing may still tell `nvidia-smi` something. */
async function smiChannels(
  gpus: readonly Gpu[],
  context: MeterContext,
): Promise<{ channels: Channel[]; power?: SmiPower }> {
  const program = gpus.length > 0 ? findSmi(context.env) : undefined
  if (program === undefined) return { channels: [] }
  const power = new SmiPower(program, context)
  const told = await power.gpus()
  const channels = told
    .filter(({ uuid }) => gpus.some((gpu) => gpu.uuid === uuid))
    .map((gpu) => new SmiChannel(smiDomain(gpu), power))
  if (channels.length > 0) return { channels, power }
  power.close()
  return { channels }
}

function sayMute(mute: readonly Gpu[], channels: readonly Channel[], { log }: MeterContext): void {
  for (const { uuid, name, index } of mute) {
    if (channels.some(({ domain }) => domain.id === uuid)) continue
    log(`${name}, GPU ${index} shows neither energy nor power, and is not metered`, {
      severity: 'warning',
      code: 'gpu-without-sensor',
      domain: uuid,
    })
  }
}

async function openBySmi(
  program: string,
  options: NvmlMeterOptions,
  context: MeterContext,
): Promise<EnergyMeter> {
  const power = new SmiPower(program, context)
  try {
    const told = await power.gpus()
    if (told.length === 0) throw unavailable(`NVIDIA's library is not there, and ${program} shows no power`)
    const all = told.map((gpu) => ({ ...gpu, instances: [] }))
    const { gpus } = chooseGpus(all, options, context)
    const channels = gpus.map((gpu) => new SmiChannel(smiDomain(gpu), power))
    return new GpuReader(channels, { shares: new Map(), close: () => power.close() }, context)
  } catch (error) {
    power.close()
    throw error
  }
}
