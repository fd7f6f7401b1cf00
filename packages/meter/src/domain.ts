/** What kind of hardware a domain covers. */
export type DomainKind =
  | 'cpu'
  | 'memory'
  | 'gpu'
  | 'accelerator'
  | 'module'
  | 'storage'
  | 'network'
  | 'host'
  | 'other'

/** The kinds, for checks at run time. */
export const DOMAIN_KINDS: readonly DomainKind[] = [
  'cpu',
  'memory',
  'gpu',
  'accelerator',
  'module',
  'storage',
  'network',
  'host',
  'other',
]

/**
 * How a figure was obtained: `measured` by a sensor, `modelled` from load and a power model,
 * `reported` by somebody else. It is carried to every output.
 */
export type Method = 'measured' | 'modelled' | 'reported'

/** The methods, for checks at run time. */
export const METHODS: readonly Method[] = ['measured', 'modelled', 'reported']

/** What the numbers are that a meter records for a domain. A meter hands over raw numbers; core does the physics. */
export type Reads =
  /** Watts. With `averagedOver` (seconds) a value is the mean of that long before the reading. */
  | { readonly quantity: 'power'; readonly averagedOver?: number }
  /** A raw cumulative counter: joules of one count, and the modulus in counts at which it wraps. */
  | { readonly quantity: 'energy'; readonly joulesPerCount: number; readonly wrapsAt?: number }
  /** The joules between `from` and `time`, spread evenly. */
  | { readonly quantity: 'interval-energy' }

/** What is known of a domain's error. Unknown is absent, never 0. */
export interface StandardUncertainty {
  /** Relative standard uncertainty (1 sigma) of the energy: 0.05 is 5 %. Greater than 0. */
  readonly relative: number
  /** Whether the error is the domain's own, or common to all domains of the meter (and so adds up linearly). */
  readonly shared: 'domain' | 'meter'
}

/** The physical boundary that a reading covers: a CPU package, its DRAM, a GPU, the host. */
export interface Domain {
  /** Stable over restarts and unique in its meter: `package-0`, a GPU's UUID. Shown as `<meter>:<id>`. */
  readonly id: string
  readonly kind: DomainKind
  /** What a person calls it. */
  readonly label: string
  readonly method: Method
  readonly reads: Reads
  readonly standardUncertainty?: StandardUncertainty
  /** Bound of plausibility in watts, never a rating. Required beside `wrapsAt`; absent means unbounded. */
  readonly maxWatts?: number
  /** Seconds between two changes of the sensor's value. */
  readonly updatePeriod?: number
  /** Seconds by which readings may come late (a cloud's monitoring). */
  readonly lateBy?: number
  /**
   * The thing itself, over all meters: `gpu:<UUID>`, `pci:<bus address>`, `cpu:package-0`. Domains of one identity count once.
   * `this-host:<name>` is what somebody else tells late of hardware of this host: it counts if no meter here tells of its kind.
   */
  readonly identity?: string
  /** The id of a domain of the same meter that contains this one. */
  readonly within?: string
  /** This domain feeds this host, whole and alone: needed for a `host` domain to contain the others. */
  readonly feeds?: 'this-host'
  /** Facts that exporters pass on. */
  readonly attributes?: Readonly<Record<string, string | number | boolean>>
}
