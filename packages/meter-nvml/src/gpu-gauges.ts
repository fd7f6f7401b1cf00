import type { RecordReading } from '@ergometer/meter'
import { type NvmlDevice, NvmlError } from '@ergometer/node-nvml'

/** A call that failed so often in a row, because the device does not offer it, is not made any more. */
const TRIES = 3
const NOT_OFFERED: ReadonlySet<number> = new Set([3, 13])

type Tell = (name: string, value: number) => void

/** What is told of a GPU beside its energy, a call of NVML each. */
const CALLS: readonly ((device: NvmlDevice, tell: Tell) => void)[] = [
  (device, tell) => tell('hw.gpu.utilization', device.utilisation().gpuPercent / 100),
  (device, tell) => {
    const { usedBytes, totalBytes } = device.memory()
    tell('hw.gpu.memory.usage', usedBytes)
    if (totalBytes > 0) tell('hw.gpu.memory.utilization', usedBytes / totalBytes)
  },
  (device, tell) => tell('hw.temperature', device.temperatureCelsius()),
  (device, tell) => tell('nvml.clock.sm', device.clockMegahertz('sm') * 1e6),
  (device, tell) => tell('nvml.clock.memory', device.clockMegahertz('memory') * 1e6),
  (device, tell) => {
    const reasons = device.throttleReasons()
    const any = (pattern: RegExp): number => Number(reasons.some((reason) => pattern.test(reason)))
    tell('nvml.throttle.power', any(/power/))
    tell('nvml.throttle.thermal', any(/thermal/))
    tell('nvml.throttle.hardware', any(/^hw-/))
  },
]

/** The figures that accompany the energy of one GPU. */
export class GpuGauges {
  readonly #failures: number[] = CALLS.map(() => 0)

  /** Records all that the GPU offers; what it does not is left out. */
  record(device: NvmlDevice, record: RecordReading, domain: number): void {
    const tell: Tell = (name, value) => record.gauge(domain, name, value)
    for (const [index, call] of CALLS.entries()) {
      const failures = this.#failures[index] as number
      if (failures >= TRIES) continue
      try {
        call(device, tell)
        this.#failures[index] = 0
      } catch (error) {
        const notOffered = NvmlError.isInstance(error) && NOT_OFFERED.has(error.code)
        this.#failures[index] = notOffered ? failures + 1 : 0
      }
    }
  }
}
