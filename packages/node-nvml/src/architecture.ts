/** A generation of GPUs. */
export interface Architecture {
  /** NVML's number; a newer generation has a larger one. */
  readonly id: number
  /** Absent for one that this package does not know. */
  readonly name?: string
}

const NAMES: Readonly<Record<number, string>> = {
  2: 'Kepler',
  3: 'Maxwell',
  4: 'Pascal',
  5: 'Volta',
  6: 'Turing',
  7: 'Ampere',
  8: 'Ada',
  9: 'Hopper',
  10: 'Blackwell',
  13: 'Rubin',
}

/** The architecture of NVML's number for it. */
export function architectureOf(id: number): Architecture {
  const name = NAMES[id]
  return name === undefined ? { id } : { id, name }
}
