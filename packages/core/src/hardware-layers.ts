import { type BoundaryDomain, bestByIdentity, chooseBoundary } from './boundary.ts'

/** How a domain goes out as hardware: as a component, none of which contains another, or as a whole host. */
export type HardwareLayer = 'component' | 'host'

/**
 * Which domains go out as hardware, so that a sum over components counts nothing twice: of each component the outermost
 * below the host, of alternatives one. What went out once stays: a series that has begun cannot be taken back, so whatever
 * would overlap with it later is left out.
 */
export class HardwareLayers {
  readonly #layers = new Map<string, HardwareLayer>()
  #components: readonly BoundaryDomain[] = []
  readonly #hosts = new Set<string>()

  /** The layer of a domain (`<meter>:<domain id>`); undefined: it does not go out. */
  of(id: string): HardwareLayer | undefined {
    return this.#layers.get(id)
  }

  /** Takes all domains that there are by now. How much each of them knows does not matter: that may change any second. */
  take(domains: readonly Omit<BoundaryDomain, 'coverage'>[]): void {
    const all = domains.map((one) => ({ ...one, coverage: 1 }))
    const components = all.filter(({ domain }) => domain.kind !== 'host')
    const { counted } = chooseBoundary(components)
    for (const one of components) {
      if (!counted.has(one.id) || this.#layers.has(one.id)) continue
      const together = [...this.#components, one]
      if (chooseBoundary(together).counted.size < together.length) continue
      this.#components = together
      this.#layers.set(one.id, 'component')
    }
    for (const [identity, { id }] of bestByIdentity(all.filter(({ domain }) => domain.kind === 'host'))) {
      if (this.#hosts.has(identity)) continue
      this.#hosts.add(identity)
      this.#layers.set(id, 'host')
    }
  }
}
