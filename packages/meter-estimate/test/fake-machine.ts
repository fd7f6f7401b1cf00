import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import {
  definitionOf,
  type EnergyMeter,
  findMeter,
  type MeterContext,
  parseOptions,
  realContext,
} from '@ergometer/meter'
import { afterAll } from 'vitest'
import estimate, { type EstimateOptions } from '../src/estimate-meter.ts'

const definition = definitionOf(findMeter({ estimate }, 'here'))

/** One reading as the recorder would see it. */
export interface Recorded {
  readonly domain: string
  readonly joules: number
  readonly from: unknown
  readonly time: unknown
}

/** A /proc and a /sys in a temporary folder, with a clock that a test turns. */
export class FakeMachine {
  readonly root = mkdtempSync(join(tmpdir(), 'ergometer-estimate-'))
  readonly logged: string[] = []
  seconds = 1000
  readonly context: MeterContext = realContext({
    procRoot: join(this.root, 'proc'),
    sysRoot: join(this.root, 'sys'),
    clock: () => this.seconds,
    log: (message, details) => this.logged.push(`${details?.code}: ${message}`),
  })

  constructor() {
    roots.push(this.root)
  }

  write(path: string, text: string): this {
    const file = join(this.root, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
    return this
  }

  remove(path: string): void {
    rmSync(join(this.root, path), { recursive: true, force: true })
  }

  cpuInfo(modelName: string, logicalCpus: number, { sockets = 1, flags = 'fpu sse2' } = {}): this {
    const processors = Array.from(
      { length: logicalCpus },
      (_, cpu) =>
        `processor\t: ${cpu}\nmodel name\t: ${modelName}\nphysical id\t: ${cpu % sockets}\nflags\t\t: ${flags}\n`,
    )
    return this.write('proc/cpuinfo', processors.join('\n'))
  }

  /** Jiffies since boot: busy ones as user time, the others as idle. */
  stat(busy: number, idle: number, logicalCpus = 16): this {
    const cpus = Array.from({ length: logicalCpus }, (_, cpu) => `cpu${cpu} 0 0 0 0 0 0 0 0 0 0`)
    return this.write(
      'proc/stat',
      `cpu  ${busy} 0 0 ${idle} 0 0 0 0 0 0\n${cpus.join('\n')}\nintr 12345 0 0\nctxt 99\n`,
    )
  }

  memory(totalBytes: number, availableBytes: number): this {
    return this.write(
      'proc/meminfo',
      `MemTotal:       ${totalBytes / 1024} kB\nMemFree:        1 kB\nMemAvailable:   ${availableBytes / 1024} kB\n`,
    )
  }

  /** 16 logical CPUs, 90 W of TDP, hence by the class of EPYC 18 W at idle and 55.8 W at full load. */
  epyc8024p(): this {
    return this.cpuInfo('AMD EPYC 8024P 8-Core Processor', 16)
      .stat(1000, 9000)
      .memory(64 * 1024 ** 3, 54 * 1024 ** 3)
  }

  async open(options: EstimateOptions = {}): Promise<EnergyMeter> {
    return definition.open(await parseOptions(definition, options), this.context)
  }

  async probe() {
    return definition.probe?.({}, this.context)
  }
}

/** What one read records. */
export async function readOnce(meter: EnergyMeter): Promise<Recorded[]> {
  const recorded: Recorded[] = []
  const record = (index: number, joules: number, at: { from?: unknown; time?: unknown } = {}) => {
    recorded.push({ domain: meter.domains[index]?.id ?? '', joules, from: at.from, time: at.time })
  }
  try {
    await meter.read(
      Object.assign(record, { gauge: () => {}, share: () => {}, restart: () => {}, uncertainty: () => {} }),
      new AbortController().signal,
    )
  } catch (error) {
    throw Object.assign(error as Error, { recorded })
  }
  return recorded
}

const roots: string[] = []
afterAll(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true, force: true })
})
