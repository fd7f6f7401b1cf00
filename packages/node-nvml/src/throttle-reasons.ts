/** By the number of their bit. */
const REASONS = [
  'gpu-idle',
  'applications-clocks-setting',
  'sw-power-cap',
  'hw-slowdown',
  'sync-boost',
  'sw-thermal-slowdown',
  'hw-thermal-slowdown',
  'hw-power-brake-slowdown',
  'display-clock-setting',
] as const

/** Why clocks are lower than they could be; `bit-12` for a reason that is newer than this package. */
export type ThrottleReason = (typeof REASONS)[number] | `bit-${number}`

/** The reasons in NVML's mask of bits. */
export function throttleReasonsOf(mask: bigint): ThrottleReason[] {
  const reasons: ThrottleReason[] = []
  for (let bit = 0; mask >> BigInt(bit) > 0n; bit++) {
    if ((mask >> BigInt(bit)) & 1n) reasons.push(REASONS[bit] ?? `bit-${bit}`)
  }
  return reasons
}
