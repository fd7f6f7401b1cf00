import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chooseBoundary, EnergyCurve } from '@ergometer/core'
import {
  definitionOf,
  type EnergyMeter,
  type Gauge,
  MeterError,
  parseOptions,
  realContext,
  recordReadings,
  type Share,
} from '@ergometer/meter'
import { SimulatedNvml } from '../../node-nvml/test/simulated-nvml.ts'
import nvml from '../src/index.ts'
import type { World } from './worlds.ts'

/** Seconds that each look at the clock takes while a meter is opened: long where scopes are tried, which takes five. */
const LOOK = 0.01
const LONG_LOOK = 0.1

type Parts = Pick<World, 'gpus'> & Partial<World>

/** What a meter said of its machine. */
export interface Said {
  readonly message: string
  readonly code: string | undefined
  readonly severity: string | undefined
  readonly domain: string | undefined
}

/** A machine with simulated GPUs, a clock that goes on when somebody looks at it, and what is recorded of it. */
export class SimulatedMachine {
  readonly simulation: SimulatedNvml
  readonly folder = mkdtempSync(join(tmpdir(), 'nvml-machine-'))
  readonly said: Said[] = []
  readonly gauges: Gauge[] = []
  readonly shares: Share[] = []
  readonly joules: Record<string, number> = {}
  readonly covered: Record<string, number> = {}
  readonly uncertainties: Record<string, number> = {}
  /** The last value of each domain, as it was recorded. */
  readonly values: Record<string, number> = {}
  meter: EnergyMeter | undefined
  curves: EnergyCurve[] = []
  #recorded = recordReadings(() => this.#clock())
  #look = 0
  readonly #world: Parts
  readonly #ending = new AbortController()

  constructor(world: Parts) {
    this.#world = world
    this.simulation = new SimulatedNvml(world.gpus, { clock: 1000, without: world.without ?? [] })
    if (world.driver) this.simulation.set(world.driver)
    if (world.powerUsage) this.simulation.fail('nvmlDeviceGetPowerUsage', world.powerUsage)
    for (const [address, node] of Object.entries(world.numaNodes ?? {})) {
      this.write(`sys/bus/pci/devices/${address}/numa_node`, `${node}\n`)
    }
  }

  /** Writes a file of the machine: `proc/…`, `sys/…`. */
  write(path: string, text: string): string {
    const file = join(this.folder, path)
    mkdirSync(join(file, '..'), { recursive: true })
    writeFileSync(file, text)
    return file
  }

  #clock(): number {
    if (this.#look > 0) this.simulation.advance(this.#look)
    return this.simulation.now()
  }

  context() {
    const { env = {} } = this.#world
    return realContext({
      sysRoot: join(this.folder, 'sys'),
      procRoot: join(this.folder, 'proc'),
      env: { ERGOMETER_NVML_LIBRARY: this.simulation.library, PATH: join(this.folder, 'bin'), ...env },
      clock: () => this.#clock(),
      signal: this.#ending.signal,
      log: (message, { severity, code, domain } = {}) => {
        this.said.push({ message, severity, code, domain })
      },
    })
  }

  /** Opens the meter. */
  async open(): Promise<EnergyMeter> {
    const definition = definitionOf(nvml)
    const superchips = this.#world.gpus.some(({ name }) => /\bG[BH]\d/.test(name ?? ''))
    this.#look = superchips ? LONG_LOOK : LOOK
    this.meter = await definition.open(await parseOptions(definition, this.#world.options), this.context())
    this.#look = 0
    this.curves = this.meter.domains.map((domain) => new EnergyCurve(domain, 0.1))
    return this.meter
  }

  get codes(): (string | undefined)[] {
    return this.said.map(({ code }) => code)
  }

  /** Reads once; the error, if the read failed. */
  async read(): Promise<MeterError | undefined> {
    const { meter } = this
    if (!meter) throw new Error('it is not open')
    let failure: unknown
    try {
      await meter.read(this.#recorded.record, this.#ending.signal)
    } catch (error) {
      failure = error
    }
    this.#take(meter)
    if (failure === undefined) return undefined
    if (MeterError.isInstance(failure)) return failure
    throw failure
  }

  #take({ domains }: EnergyMeter): void {
    const { readings, gauges, shares = [], restarts = [], uncertainties = [] } = this.#recorded.take()
    this.gauges.push(...gauges)
    this.shares.push(...shares)
    for (const { domain, time } of restarts) this.curves[domain]?.restart(time)
    for (const { domain, relative } of uncertainties) this.uncertainties[domains[domain]?.id ?? ''] = relative
    for (const { domain, value, time } of readings) {
      const id = domains[domain]?.id ?? ''
      this.values[id] = value
      for (const { from, to, joules } of this.curves[domain]?.add(time, value).segments ?? []) {
        this.joules[id] = (this.joules[id] ?? 0) + joules
        this.covered[id] = (this.covered[id] ?? 0) + to - from
      }
    }
  }

  /** Reads every 100 ms for so many seconds of its clock. */
  async run(seconds: number): Promise<void> {
    for (let step = 0; step < seconds * 10; step++) {
      this.simulation.advance(0.1)
      await this.read()
    }
  }

  /** Which domains count, if they were known for that share of the run. */
  counted(): string[] {
    const domains = this.meter?.domains ?? []
    const parts = domains.map((domain) => ({ id: domain.id, meter: 'nvml', domain, coverage: 1 }))
    return [...chooseBoundary(parts).counted]
  }

  async remove(): Promise<void> {
    this.#ending.abort()
    await this.meter?.close?.()
    this.simulation[Symbol.dispose]()
    rmSync(this.folder, { recursive: true, force: true })
  }
}
