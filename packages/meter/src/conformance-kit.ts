import { hiddenBy, lineOf } from './conformance-case.ts'
import { firstFault } from './conformance-readings.ts'
import { observe, type Series } from './conformance-series.ts'
import { Trial } from './conformance-trial.ts'
import { within } from './deadline.ts'
import {
  definitionOf,
  findMeter,
  type MeterFactory,
  type MeterReference,
  parseOptions,
} from './define-meter.ts'
import type { Domain } from './domain.ts'
import type { ImportModule, LooseReference } from './load-meter.ts'
import type { MeterDefinition } from './meter.ts'
import { realContext } from './meter-context.ts'
import { notPlain } from './plain-options.ts'
import { isObject } from './untrusted.ts'
import { realWorld, type World } from './world.ts'

/** What `defineMeter` returned, whatever options it takes. */
export type AnyMeter = Pick<MeterFactory, 'meterName'> & ((options?: never) => MeterReference)

/** What is to be tested. */
export interface ConformanceSubject {
  /** The meter, as its module exports it; or a reference, which is loaded. */
  readonly meter: AnyMeter | LooseReference
  /** Options for it, where a factory is given; by default none. */
  readonly options?: unknown
  /** Makes a fresh world, for one opening of the meter or some. Absent: the real instrument is read. */
  readonly world?: () => World | Promise<World>
  /** URL of the module for processes of its own: the built one, if the tests import sources that Node cannot. */
  readonly module?: string
  /** URL of a module whose `importModule(url)` loads in those processes what plain `import` cannot. */
  readonly importer?: string
  /** Loads a reference here; by default `import`. */
  readonly importModule?: ImportModule
  /** Seconds until a read that was told to stop, or a `close`, is taken to hang; by default 5. */
  readonly patience?: number
}

/** Seconds until a meter must have given up or closed, if nobody says otherwise. */
const PATIENCE = 5

/** A subject at hand: its definition and fresh worlds, and what it does when all is well. */
export class ConformanceKit {
  readonly subject: ConformanceSubject
  readonly patience: number
  #definition: Promise<MeterDefinition> | undefined
  #series: Promise<Series> | undefined

  constructor(subject: ConformanceSubject) {
    this.subject = subject
    this.patience = subject.patience ?? PATIENCE
  }

  /** True where a world is given: there time and energy can be moved. */
  get hasWorld(): boolean {
    return this.subject.world !== undefined
  }

  /** The meter's definition. */
  definition(): Promise<MeterDefinition> {
    this.#definition ??= this.#load()
    return this.#definition
  }

  async #load(): Promise<MeterDefinition> {
    const { meter, importModule } = this.subject
    if (typeof meter === 'function') return definitionOf(meter as MeterFactory)
    // Its options are looked at by the cases.
    const { module, meter: name } = meter
    const load = importModule ?? ((url: string) => import(url))
    return definitionOf(findMeter(await load(module), module, name))
  }

  /** The user's options in a world, before the meter's schema has seen them. */
  optionsIn(world: World): unknown {
    const { meter, options } = this.subject
    return world.options ?? (typeof meter === 'function' ? options : (meter.options ?? options))
  }

  /** The reference that another process is sent. */
  referenceIn(world: World): LooseReference {
    const { meter, module } = this.subject
    const options = this.optionsIn(world)
    const reference: LooseReference =
      typeof meter === 'function'
        ? meter(options as never)
        : { ...meter, ...(options === undefined ? {} : { options }) }
    return module === undefined ? reference : { ...reference, module }
  }

  /** What is wrong with that reference, if anything. */
  referenceFault(world: World): string | undefined {
    const reference: unknown = this.referenceIn(world)
    if (!isObject(reference)) return 'the factory returned no reference: expected { module, meter, options }'
    const unsent = notPlain(reference)
    if (unsent !== undefined) return `reference: JSON does not carry it to another process (${unsent})`
    const { module } = reference
    if (typeof module === 'string' && URL.canParse(module)) return undefined
    return `reference.module: got ${String(module)}, expected a URL: pass import.meta.url to defineMeter`
  }

  /** The reference that another process is sent; nothing to judge where it cannot be. */
  soundReferenceIn(world: World): LooseReference {
    if (this.referenceFault(world) !== undefined) hiddenBy('reference')
    return this.referenceIn(world)
  }

  /** Does something in a fresh world, which is then removed. */
  async inWorld<Value>(act: (world: World) => Promise<Value>): Promise<Value> {
    const world = await (this.subject.world ?? realWorld)()
    try {
      return await act(world)
    } finally {
      await world.close?.()
    }
  }

  /**
   * Opens the meter in a fresh world, after `prepare`, and closes it after `act`. Where it cannot be opened, there is
   * nothing to judge: the case `opens` says so.
   */
  inTrial<Value>(
    act: (trial: Trial) => Promise<Value>,
    prepare: (world: World) => void | Promise<void> = () => {},
  ): Promise<Value> {
    return this.inWorld(async (world) => {
      await prepare(world)
      const trial = await this.open(world)
      try {
        return await act(trial)
      } finally {
        await trial.close(this.patience).catch(() => {})
      }
    })
  }

  /** Opens the meter in a world. `failed`: what to do where it cannot be opened; by default nothing can be judged. */
  async open(
    world: World,
    failed: (cause: unknown) => never = () => hiddenBy('opens', 'domains'),
  ): Promise<Trial> {
    const definition = await this.definition().catch(() => hiddenBy('opens'))
    try {
      const options = await parseOptions(definition, this.optionsIn(world))
      return await Trial.begin(definition, options, world)
    } catch (cause) {
      return failed(cause)
    }
  }

  /** Opens the meter and closes it; what that threw, if anything. */
  async tryOpen(world: World): Promise<unknown> {
    const failures: unknown[] = []
    const trial = await this.open(world, (cause) => {
      failures.push(cause)
      throw cause
    }).catch(() => undefined)
    await trial?.close(this.patience).catch(() => {})
    return failures[0]
  }

  /** What the meter's probe answers in a world, within so many seconds. Throws what it throws. */
  async probe(world: World, seconds: number): Promise<unknown> {
    const definition = await this.definition()
    const options = await parseOptions(definition, this.optionsIn(world))
    const ending = new AbortController()
    const context = realContext({ ...world.context, clock: () => world.seconds, signal: ending.signal })
    const answer = (async () => definition.probe?.(options, context))()
    return within(seconds, answer, () => {
      throw new Error(`no answer within ${seconds} s`)
    }).finally(() => ending.abort())
  }

  /** What goes wrong when it is closed after a read, if anything. */
  closeFault(): Promise<string | undefined> {
    return this.inTrial(async (trial) => {
      await trial.tryRead()
      return trial.close(this.patience).then(() => undefined, lineOf)
    })
  }

  /** Nothing to judge where its readings are wrong although all is well. */
  async needSound(): Promise<void> {
    const found = firstFault(await this.series())
    if (found) hiddenBy(found.id)
  }

  /** Nothing to judge where what it reads has one of these faults, of which this one follows. */
  async needNone(...ids: string[]): Promise<void> {
    const found = firstFault(await this.series())
    if (found && ids.includes(found.id)) hiddenBy(found.id)
  }

  /** What the meter shows when all is well: read once, and looked at by many cases. */
  series(): Promise<Series> {
    this.#series ??= this.inTrial((trial) => observe(trial, { real: !this.hasWorld }))
    return this.#series
  }

  /** The domains that it declares. */
  async domains(): Promise<readonly Domain[]> {
    return (await this.series()).domains
  }
}
