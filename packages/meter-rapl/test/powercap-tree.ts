import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'

/** A zone of a made-up machine. */
export interface TreeZone {
  /** As the kernel calls it: `intel-rapl:0:2`, hexadecimal. */
  readonly id: string
  /** Absent: the file is not there. */
  readonly name?: string | undefined
  /** Absent: the file is not there. */
  readonly range?: number | string | undefined
  /** First count. */
  readonly start: number
  /** True power over time. */
  readonly watts: (seconds: number) => number
  readonly maxPower?: number
  readonly powerLimit?: number
  /** Nobody may read its counter; root's own right to is out of a tree's reach. */
  readonly unreadable?: boolean
}

/**
 * How a machine shows its zones: as the kernel does, with links from one flat folder into the tree; as plain folders,
 * side by side or one inside the other; the tree alone; links that lead nowhere, as below a container's mask.
 */
export type Layout = 'kernel' | 'flat' | 'nested' | 'tree' | 'masked' | 'nothing'

const UNIT = 61.035

/** A powercap tree in a temporary folder, whose counters follow true power. */
export class PowercapTree {
  readonly sysRoot: string
  readonly #layout: Layout
  readonly #joules = new Map<string, number>()
  readonly #zones: readonly TreeZone[]
  readonly #broken = new Set<string>()
  /** Where counters stood, and at how many joules, when they were put there. */
  readonly #placed = new Map<string, { readonly count: number; readonly joules: number }>()
  seconds = 0

  constructor(zones: readonly TreeZone[], layout: Layout = 'kernel') {
    this.#layout = layout
    this.#zones = layout === 'masked' || layout === 'nothing' ? [] : zones
    this.sysRoot = mkdtempSync(join(tmpdir(), 'powercap-'))
    // Another user's process must be able to look in.
    chmodSync(this.sysRoot, 0o755)
    if (layout === 'nothing') return
    if (layout !== 'tree') mkdirSync(join(this.sysRoot, 'class/powercap'), { recursive: true })
    for (const zone of this.#zones) this.#make(zone)
    if (layout === 'kernel' || layout === 'masked') this.#link(zones)
    this.advance(0)
  }

  /** Where a zone really lies. */
  folder(id: string): string {
    const parts = id.split(':')
    const ids = parts.slice(1).map((_, at) => parts.slice(0, at + 2).join(':'))
    if (this.#layout === 'flat') return join(this.sysRoot, 'class/powercap', id)
    if (this.#layout === 'nested') return join(this.sysRoot, 'class/powercap', ...ids)
    return join(this.sysRoot, 'devices/virtual/powercap', parts[0] as string, ...ids)
  }

  /** Path of a zone's counter. */
  energyFile(id: string): string {
    return join(this.folder(id), 'energy_uj')
  }

  #link(zones: readonly TreeZone[]): void {
    const folder = join(this.sysRoot, 'class/powercap')
    for (const { id } of zones) symlinkSync(relative(folder, this.folder(id)), join(folder, id))
    for (const control of new Set(zones.map(({ id }) => id.split(':')[0] as string))) {
      const target = join(this.sysRoot, 'devices/virtual/powercap', control)
      symlinkSync(relative(folder, target), join(folder, control))
    }
    // What a container's mask leaves of the tree.
    mkdirSync(join(this.sysRoot, 'devices/virtual/powercap'), { recursive: true })
  }

  #make(zone: TreeZone): void {
    const folder = this.folder(zone.id)
    mkdirSync(folder, { recursive: true })
    // Copies of a tree that somebody made by hand may lack line feeds and whatever is not needed.
    const plain = this.#layout === 'flat'
    const put = (file: string, value: number | string) =>
      writeFileSync(join(folder, file), plain ? `${value}` : `${value}\n`)
    if (zone.name !== undefined) put('name', zone.name)
    if (zone.range !== undefined) put('max_energy_range_uj', zone.range)
    if (!plain) {
      put('enabled', 0)
      put('constraint_0_power_limit_uw', (zone.powerLimit ?? 0) * 1e6)
    }
    if (zone.maxPower !== undefined) put('constraint_0_max_power_uw', zone.maxPower * 1e6)
    this.#joules.set(zone.id, 0)
    this.#write(zone)
    // The kernel gives its owner, root, the right to read; where the tests are not root's, nobody gets it.
    if (zone.unreadable) chmodSync(this.energyFile(zone.id), process.getuid?.() === 0 ? 0o400 : 0)
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
    const { count: start, joules } = this.#placed.get(zone.id) ?? { count: zone.start, joules: 0 }
    const counted = start + Math.floor(((this.joules(zone.id) - joules) * 1e6) / UNIT) * UNIT
    const count = typeof zone.range === 'number' && zone.range > 0 ? counted % zone.range : counted
    try {
      writeFileSync(
        this.energyFile(zone.id),
        `${this.#broken.has(zone.id) ? 'none' : Math.floor(count)}${this.#layout === 'flat' ? '' : '\n'}`,
      )
    } catch (error) {
      if (!zone.unreadable) throw error
    }
  }

  /** True joules of a zone since the beginning. */
  joules(id: string): number {
    return this.#joules.get(id) as number
  }

  /** From now on a counter's file holds no number. */
  break(id: string): void {
    this.#broken.add(id)
  }

  /** From now on it holds one again. */
  mend(id: string): void {
    this.#broken.delete(id)
    this.advance(0)
  }

  /** Puts a counter at a count, from which it counts on. */
  place(id: string, count: number): void {
    this.#placed.set(id, { count, joules: this.joules(id) })
    this.advance(0)
  }

  /** Writes a counter: sets it back, as a firmware does, or breaks it. */
  write(id: string, text: string): void {
    writeFileSync(this.energyFile(id), text)
  }

  /** Removes the tree. */
  remove(): void {
    rmSync(this.sysRoot, { recursive: true, force: true })
  }
}
