import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'

/** What loads draw and have drawn, by name. */
export interface Moment {
  readonly watts: (load: string) => number
  readonly joules: (load: string) => number
}

/** What a file says: always the same, or by what a load draws. */
export type FileText = string | number | ((now: Moment) => string | number)

/** A chip of a made-up machine. */
export interface TreeChip {
  readonly name: string
  /** Folder of its device below `/sys/devices`; absent: it has none. */
  readonly device?: string
  /** Its files. */
  readonly files: Readonly<Record<string, FileText>>
  /** Files of its device; `measures/X` and the like make folders. */
  readonly around?: Readonly<Record<string, FileText>>
  /** As old drivers do it: name and values lie with the device. */
  readonly legacy?: boolean
}

/** A machine: chips by hwmon number, supplies by name, and what they truly draw over time. */
export interface Machine {
  readonly chips?: readonly TreeChip[]
  readonly supplies?: Readonly<Record<string, Readonly<Record<string, FileText>>>>
  readonly loads?: Readonly<Record<string, (seconds: number) => number>>
}

/** A `/sys` in a temporary folder, whose values follow true loads. */
export class HwmonTree {
  readonly sysRoot = mkdtempSync(join(tmpdir(), 'hwmon-'))
  seconds = 0
  readonly #loads: Readonly<Record<string, (seconds: number) => number>>
  readonly #joules = new Map<string, number>()
  readonly #moving = new Map<string, (now: Moment) => string | number>()

  constructor({ chips = [], supplies = {}, loads = {} }: Machine) {
    this.#loads = loads
    mkdirSync(join(this.sysRoot, 'class/hwmon'), { recursive: true })
    mkdirSync(join(this.sysRoot, 'class/power_supply'))
    for (const [number, chip] of chips.entries()) this.#addChip(`hwmon${number}`, chip)
    for (const [name, files] of Object.entries(supplies)) {
      for (const [file, text] of Object.entries(files)) this.put(`class/power_supply/${name}/${file}`, text)
    }
    this.advance(0)
  }

  #addChip(entry: string, { name, device, files, around = {}, legacy = false }: TreeChip): void {
    const parent = device === undefined ? 'devices/virtual' : `devices/${device}`
    const folder = `${parent}/hwmon/${entry}`
    mkdirSync(join(this.sysRoot, folder), { recursive: true })
    this.#link(`class/hwmon/${entry}`, folder)
    if (device !== undefined) this.#link(`${folder}/device`, parent)
    const place = legacy ? parent : folder
    for (const [file, text] of Object.entries({ name, ...files })) this.put(`${place}/${file}`, text)
    for (const [file, text] of Object.entries(around)) this.put(`${parent}/${file}`, text)
  }

  /** A relative link, as the kernel's are: the tree may be mounted anywhere. */
  #link(from: string, to: string): void {
    symlinkSync(relative(dirname(from), to), join(this.sysRoot, from))
  }

  /** Path of a file of a chip. */
  file(number: number, name: string): string {
    return join(this.sysRoot, 'class/hwmon', `hwmon${number}`, name)
  }

  /** Path of a file of a supply. */
  supply(name: string, file: string): string {
    return join(this.sysRoot, 'class/power_supply', name, file)
  }

  /** Sets what a file says, by its path below the root. */
  put(path: string, text: FileText): void {
    const whole = join(this.sysRoot, path)
    mkdirSync(dirname(whole), { recursive: true })
    this.#moving.delete(whole)
    if (typeof text === 'function') {
      this.#moving.set(whole, text)
      this.#write(whole, text)
    } else writeFileSync(whole, `${text}\n`)
  }

  #write(path: string, text: (now: Moment) => string | number): void {
    const now = { watts: (load: string) => this.#watts(load), joules: (load: string) => this.joules(load) }
    writeFileSync(path, `${text(now)}\n`)
  }

  #watts(load: string): number {
    return this.#loads[load]?.(this.seconds) ?? Number.NaN
  }

  /** True joules of a load since the beginning. */
  joules(load: string): number {
    return this.#joules.get(load) ?? 0
  }

  /** Lets time pass, in steps that no change of a load escapes. */
  advance(seconds: number): void {
    const steps = Math.max(1, Math.ceil(seconds / 0.05))
    for (let step = 0; step < steps; step++) {
      for (const [load, watts] of Object.entries(this.#loads)) {
        const middle = this.seconds + (seconds / steps) * 0.5
        this.#joules.set(load, this.joules(load) + (watts(middle) * seconds) / steps)
      }
      this.seconds += seconds / steps
    }
    for (const [path, text] of this.#moving) this.#write(path, text)
  }

  /** Removes the tree. */
  remove(): void {
    rmSync(this.sysRoot, { recursive: true, force: true })
  }
}
