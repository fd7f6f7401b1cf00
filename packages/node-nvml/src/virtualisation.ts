const MODES = ['none', 'passthrough', 'vgpu', 'host-vgpu', 'host-vsga'] as const

/**
 * How a GPU reaches this machine: `none` is bare metal, with `passthrough` a virtual machine has the whole GPU, `vgpu` is
 * a share of one in a virtual machine (mostly without power and energy), the others are hosts of such shares.
 */
export type VirtualisationMode = (typeof MODES)[number] | 'unknown'

/** The mode of NVML's number for it. */
export function virtualisationModeOf(id: number): VirtualisationMode {
  return MODES[id] ?? 'unknown'
}
