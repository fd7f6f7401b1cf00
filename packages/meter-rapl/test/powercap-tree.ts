import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A zone of a made-up machine. */
export interface TreeZone {
  /** As the kernel calls it: `intel-rapl:0:2`, hexadecimal. */
  readonly id: string
  readonly name: string
  /** Absent: the file is not there. */
  readonly range?: number | undefined
  /** First count. */
  readonly start: number
  /** True power over time. */
  readonly watts: (seconds: number) => number
  readonly maxPower?: number
  readonly powerLimit?: number
}

const UNIT = 61.035

/** A powercap tree in a temporary folder, whose counters follow true power. */
export class PowercapTree {
  readonly sysRoot: string
  readonly #joules = new Map<string, number>()
  readonly #zones: readonly TreeZone[]
  seconds = 0

  constructor(zones: readonly TreeZone[]) {
    this.#zones = zones
    this.sysRoot = mkdtempSync(join(tmpdir(), 'powercap-'))
    mkdirSync(join(this.sysRoot, 'class/powercap'), { recursive: true })
    for (const zone of zones) this.#make(zone)
    this.advance(0)
  }

  /** Where a zone really lies, as the kernel nests it. */
  folder(id: string): string {
    const parts = id.split(':')
    const nested = parts.slice(1).map((_, at) => parts.slice(0, at + 2).join(':'))
    return join(this.sysRoot, 'devices/virtual/powercap', parts[0] as string, ...nested)
  }

  /** Path of a zone's counter. */
  energyFile(id: string): string {
    return join(this.folder(id), 'energy_uj')
  }

  #make(zone: TreeZone): void {
    const folder = this.folder(zone.id)
    mkdirSync(folder, { recursive: true })
    symlinkSync(folder, join(this.sysRoot, 'class/powercap', zone.id))
    const put = (file: string, value: number | string) => writeFileSync(join(folder, file), `${value}\n`)
    put('name', zone.name)
    put('enabled', 0)
    if (zone.range !== undefined) put('max_energy_range_uj', zone.range)
    put('constraint_0_power_limit_uw', (zone.powerLimit ?? 0) * 1e6)
    if (zone.maxPower !== undefined) put('constraint_0_max_power_uw', zone.maxPower * 1e6)
    this.#joules.set(zone.id, 0)
  }

  /** Lets time pass, in steps that no change of power escapes. */
  advance(seconds: number): void {
    const steps = Math.max(1, Math.ceil(seconds / 0.05))
    for (let step = 0; step < steps; step++) {
      const middle = this.seconds + (seconds / steps) * 0.5
      for (const zone of this.#zones) {
        const joules = this.#joules.get(zone.id) as number
        this.#joules.set(zone.id, joules + (zone.watts(middle) * seconds) / steps)
      }
      this.seconds += seconds / steps
    }
    for (const zone of this.#zones) this.#write(zone)
  }

  #write(zone: TreeZone): void {
    const counted = zone.start + Math.floor((this.joules(zone.id) * 1e6) / UNIT) * UNIT
    const count = zone.range === undefined ? counted : counted % zone.range
    writeFileSync(this.energyFile(zone.id), `${Math.floor(count)}\n`)
  }

  /** True joules of a zone since the beginning. */
  joules(id: string): number {
    return this.#joules.get(id) as number
  }

  /** Sets a counter back, as a firmware does. */
  write(id: string, text: string): void {
    writeFileSync(this.energyFile(id), text)
  }

  /** Removes the tree. */
  remove(): void {
    rmSync(this.sysRoot, { recursive: true, force: true })
  }
}
