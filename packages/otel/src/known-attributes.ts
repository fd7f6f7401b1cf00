import type { LiveDomain } from '@ergometer/core'
import { ATTRIBUTES } from './names.ts'

/** Attributes of a point. Of equal ones there is one object, as long as they come from the same {@link KnownAttributes}. */
export type PointAttributes = Readonly<Record<string, string>>

/** Attributes of a domain's points. */
interface DomainAttributes {
  readonly hardware: PointAttributes
  /** `hw.id` alone. */
  readonly id: PointAttributes
}

/** What they are made of. */
interface Facts extends Pick<LiveDomain, 'kind' | 'label'> {
  readonly layer: LiveDomain['layer'] | undefined
  readonly identity: string | undefined
  readonly parent: string | undefined
}

/**
 * Attributes that were made before: totals come once a second with the same domains, of which there may be thousands, and what is
 * looked up in them need not be made and compared again.
 */
export class KnownAttributes {
  readonly #domains = new Map<string, Facts & DomainAttributes>()
  readonly #known = new Map<string, PointAttributes>()

  /** `parent`: the `hw.id` of what contains the domain. */
  ofDomain(domain: LiveDomain, parent: string | undefined): DomainAttributes {
    const { id, kind, label, layer, identity } = domain
    const known = this.#domains.get(id)
    if (
      known &&
      known.label === label &&
      known.kind === kind &&
      known.layer === layer &&
      known.identity === identity &&
      known.parent === parent
    ) {
      return known
    }
    const made = {
      kind,
      label,
      layer,
      identity,
      parent,
      hardware: this.of({
        [ATTRIBUTES.hardwareId]: hardwareId(domain),
        [ATTRIBUTES.hardwareName]: label,
        ...(parent === undefined ? {} : { [ATTRIBUTES.hardwareParent]: parent }),
        ...(layer === 'host' ? {} : { [ATTRIBUTES.hardwareType]: kind }),
      }),
      id: this.of({ [ATTRIBUTES.hardwareId]: hardwareId(domain) }),
    }
    this.#domains.set(id, made)
    return made
  }

  /** The one object for such attributes. */
  of(attributes: PointAttributes): PointAttributes {
    const key = JSON.stringify(attributes)
    const known = this.#known.get(key)
    if (known) return known
    this.#known.set(key, attributes)
    return attributes
  }
}

/** `hw.id`: of a GPU its UUID, by which other exporters call it too; else the domain's id. */
export function hardwareId({ id, kind, identity }: Pick<LiveDomain, 'id' | 'kind' | 'identity'>): string {
  return kind === 'gpu' && identity?.startsWith('gpu:') ? identity.slice('gpu:'.length) : id
}
