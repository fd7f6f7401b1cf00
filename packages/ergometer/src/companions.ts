import type { Journal, PhaseCompanion, PhaseOptions, Report, RunExtension } from '@ergometer/core'
import type { EventClient } from './event-client.ts'
import { PhaseEnergies } from './phase-energies.ts'
import type { Phase } from './run.ts'
import { untilSettled } from './until-settled.ts'

/** What accompanies a run. What goes wrong in it stays there: it is no matter of the training's. */
export class Companions {
  readonly #client: EventClient
  readonly #energies: PhaseEnergies
  readonly #extensions: RunExtension[] = []
  /** How to end the accompanied phases that are open. */
  readonly #open = new Set<() => void>()

  /** `journal`: reads that of the run as it is now. */
  constructor(client: EventClient, journal: () => Journal) {
    this.#client = client
    this.#energies = new PhaseEnergies(journal)
  }

  /** Takes one more. */
  add(extension: RunExtension): void {
    this.#extensions.push(extension)
  }

  /** Begins a phase that the caller ends. */
  phase(name: string, options: PhaseOptions = {}): Phase {
    const end = this.#begin(name, this.#companionsOf(name, options))
    return { end, [Symbol.dispose]: () => end() }
  }

  /** Runs `fn` as a phase, within whatever accompanies it. */
  within<Result>(name: string, fn: () => Result, options: PhaseOptions = {}): Result {
    const companions = this.#companionsOf(name, options)
    if (companions.length === 0) return this.#client.within(name, fn)
    const end = this.#begin(name, companions)
    return untilSettled(() => companions.reduce((inner, one) => () => around(one, inner), fn)(), end)
  }

  /** The run ends: so do the phases that are still open. */
  ending(): void {
    for (const end of this.#open) end()
  }

  /** The run is over: everything is told by now, and what accompanies it has so many seconds to end too. */
  async ended(report: Report, seconds: number): Promise<void> {
    this.#energies.settle()
    const all = Promise.allSettled(this.#extensions.map(async (extension) => extension.ended?.(report)))
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, seconds * 1000)
    })
    await Promise.race([all, late])
    clearTimeout(timer)
  }

  #companionsOf(name: string, options: PhaseOptions): PhaseCompanion[] {
    const companions: PhaseCompanion[] = []
    for (const extension of this.#extensions) {
      const one = quietly(() => extension.phase?.(name, options))
      if (one) companions.push(one)
    }
    return companions
  }

  /** Begins a phase; how to end it, once. */
  #begin(
    name: string,
    companions: readonly PhaseCompanion[],
  ): (failure?: { readonly error: unknown }) => void {
    const phase = this.#client.phase(name)
    if (companions.length === 0) return phase.end
    const end = (failure?: { readonly error: unknown }): void => {
      if (!this.#open.delete(end)) return
      const interval = { from: phase.from, to: phase.end() }
      for (const one of companions) {
        quietly(() => one.ended(failure))
        if (one.told) this.#energies.await(interval, (energy) => quietly(() => one.told?.(energy)))
      }
    }
    this.#open.add(end)
    return end
  }
}

/** Runs `fn` within a companion, and whatever the companion does, once. */
function around<Result>(companion: PhaseCompanion, fn: () => Result): Result {
  let outcome: { result: Result } | { error: unknown } | undefined
  quietly(() =>
    companion.within(() => {
      try {
        outcome ??= { result: fn() }
      } catch (error) {
        outcome = { error }
      }
    }),
  )
  if (outcome === undefined) return fn()
  if ('error' in outcome) throw outcome.error
  return outcome.result
}

function quietly<Result>(fn: () => Result): Result | undefined {
  try {
    return fn()
  } catch {
    return undefined
  }
}
