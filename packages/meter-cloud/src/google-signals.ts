/** A metric of Cloud Monitoring, and what its numbers are where a reply names no unit. */
export interface GoogleSignal {
  readonly type: string
  /** Type of the monitored resource. */
  readonly resource: string
  /** The label of the resource that names it. */
  readonly label: string
  readonly unit: keyof typeof SCALES
  /** Seconds by which its points may come late. */
  readonly lateBy: number
}

/** What a number of such a unit (https://ucum.org) is in watts, or as a fraction. `10^2.%` is a fraction. */
const SCALES = { '10^2.%': 1, '1': 1, '%': 0.01, W: 1, mW: 1e-3, kW: 1e3 } as const
const WATTS = ['W', 'mW', 'kW']

/** Of an instance, as its host sees it: https://docs.cloud.google.com/monitoring/api/metrics_gcp_c. */
export const INSTANCE_CPU: GoogleSignal = {
  type: 'compute.googleapis.com/instance/cpu/utilization',
  resource: 'gce_instance',
  label: 'instance_id',
  unit: '10^2.%',
  lateBy: 240,
}

/** Watts of each GPU, of a few machine series: https://docs.cloud.google.com/compute/docs/instances/monitor-gpu-performance. */
export const GPU_POWER: GoogleSignal = {
  type: 'compute.googleapis.com/instance/gpu/power_consumption',
  resource: 'gce_instance',
  label: 'instance_id',
  unit: 'W',
  lateBy: 240,
}

/** Of each GPU, by the Ops Agent: https://docs.cloud.google.com/monitoring/api/metrics_opsagent. */
export const AGENT_GPU: GoogleSignal = {
  type: 'agent.googleapis.com/gpu/utilization',
  resource: 'gce_instance',
  label: 'instance_id',
  unit: '%',
  lateBy: 240,
}

/**
 * Of each node of a custom job, as fractions of what it was given. These jobs have the names of their predecessor:
 * https://docs.cloud.google.com/monitoring/api/metrics_gcp_i_o (`ml`).
 */
export const JOB_CPU: GoogleSignal = {
  type: 'ml.googleapis.com/training/cpu/utilization',
  resource: 'cloudml_job',
  label: 'job_id',
  unit: '1',
  lateBy: 240,
}

/** Of all accelerators of a node of a custom job together. */
export const JOB_GPU: GoogleSignal = {
  ...JOB_CPU,
  type: 'ml.googleapis.com/training/accelerator/utilization',
}

/** Of each core of a TPU: https://docs.cloud.google.com/monitoring/api/metrics_gcp_p_z (`tpu`). */
export const TPU_MXU: GoogleSignal = {
  type: 'tpu.googleapis.com/tpu/mxu/utilization',
  resource: 'tpu_worker',
  label: 'node_id',
  unit: '%',
  lateBy: 180,
}

/** What a number of a signal is multiplied by to be watts, or a fraction; undefined for a unit that it cannot have. */
export function scaleOf({ unit }: GoogleSignal, told = ''): number | undefined {
  if (told === '') return SCALES[unit]
  const alike = Object.hasOwn(SCALES, told) && WATTS.includes(told) === WATTS.includes(unit)
  return alike ? SCALES[told as keyof typeof SCALES] : undefined
}

/** Machine series of which Google publishes each GPU's power: A3 Mega, A3 Ultra, A4, A4X, A4X Max. */
export function tellsGpuPower(instanceType: string): boolean {
  return /^(a3-(mega|ultra)gpu|a4-|a4x-)/.test(instanceType)
}
