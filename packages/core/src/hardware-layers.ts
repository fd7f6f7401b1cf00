import { type BoundaryDomain, bestByIdentity, chooseBoundary, outermost } from './boundary.ts'

/** How a domain goes out as hardware: as a component, none of which contains another, or as a whole host. */
export type HardwareLayer = 'component' | 'host'

/**
 * Which domains go out as hardware, so that a sum over components counts nothing twice: of each component the outermost
 * below the host, of alternatives one. What went out once stays: a series that has begun cannot be taken back, so whatever
 * would overlap with it later is left out.
 */
export class HardwareLayers {
  readonly #layers = new Map<string, HardwareLayer>()
  readonly #components: BoundaryDomain[] = []
  readonly #hosts = new Set<string>()

  /** The layer of a domain (`<meter>:<domain id>`); undefined: it does not go out. */
  of(id: string): HardwareLayer | undefined {
    return this.#layers.get(id)
  }

  /** Takes all domains that there are by now. How much each of them knows does not matter: that may change any second. */
  take(domains: readonly Omit<BoundaryDomain, 'coverage'>[]): void {
    const all = domains.map((one) => ({ ...one, coverage: 1 }))
    const components = all.filter(({ domain }) => domain.kind !== 'host')
    // What counts together can go out together.
    const first = this.#components.length === 0
    const refused = new Set<string>()
    for (let before = -1; before < refused.size; ) {
      before = refused.size
      // What cannot go out stands for nothing else either: then its contents may.
      const { counted } = chooseBoundary(
        components.map((one) => (refused.has(one.id) ? { ...one, coverage: 0 } : one)),
      )
      for (const one of components) {
        if (!counted.has(one.id) || this.#layers.has(one.id) || refused.has(one.id)) continue
        if (first || this.#fits(one, all)) this.#add(one)
        else refused.add(one.id)
      }
    }
    for (const [identity, { id }] of bestByIdentity(all.filter(({ domain }) => domain.kind === 'host'))) {
      if (this.#hosts.has(identity)) continue
      this.#hosts.add(identity)
      this.#layers.set(id, 'host')
    }
  }

  /** True if it overlaps with nothing that goes out, also through what itself does not: `all` tell what is inside of what. */
  #fits(one: BoundaryDomain, all: readonly BoundaryDomain[]): boolean {
    const together = [...this.#components, one]
    return (
      chooseBoundary(together).counted.size === together.length &&
      outermost(together, all).length === together.length
    )
  }

  #add(one: BoundaryDomain): void {
    this.#components.push(one)
    this.#layers.set(one.id, 'component')
  }
}
