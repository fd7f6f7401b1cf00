/** Embodied emissions of a cloud's instance, and its share of the machine that it is a part of. */
export interface HardwareRow {
  /** `aws:p3.2xlarge` */
  readonly hardware: string
  /** Of the whole machine. */
  readonly kilograms: number
  /** Its virtual CPUs as a share of those of the largest instance on that machine. */
  readonly share: number
  readonly source: string
}

/** The life of a server, in years, as the figures below are meant: 35,040 hours (Cloud Carbon Footprint, methodology, embodied emissions). */
export const hardwareLifetimeYears = 4

const SOURCE = 'Cloud Carbon Footprint coefficients'

/**
 * Kilograms of CO2e of a whole machine, and the virtual CPUs of the instances on it. Kilograms: Cloud Carbon Footprint,
 * https://github.com/cloud-carbon-footprint/cloud-carbon-coefficients, Apache-2.0, output/coefficients-aws-embodied.csv at commit f06daae and
 * output/coefficients-gcp-embodied-mean.csv at 69788dc. Virtual CPUs: data/aws-instances.csv there at 2eb2d80; of instances with GPUs the clouds'
 * own lists (aws.amazon.com/ec2/instance-types, docs.cloud.google.com/compute/docs/gpus).
 */
const MACHINES: readonly {
  readonly provider: 'aws' | 'gcp'
  readonly kilograms: number
  readonly instances: Readonly<Record<string, number>>
}[] = [
  { provider: 'aws', kilograms: 4493.82, instances: { 'p2.xlarge': 4, 'p2.8xlarge': 32, 'p2.16xlarge': 64 } },
  {
    provider: 'aws',
    kilograms: 3543.79,
    instances: { 'p3.2xlarge': 8, 'p3.8xlarge': 32, 'p3.16xlarge': 64 },
  },
  { provider: 'aws', kilograms: 3543.79, instances: { 'p3dn.24xlarge': 96 } },
  { provider: 'aws', kilograms: 4676.79, instances: { 'p4d.24xlarge': 96 } },
  {
    provider: 'aws',
    kilograms: 2355.15,
    instances: { 'g3s.xlarge': 4, 'g3.4xlarge': 16, 'g3.8xlarge': 32, 'g3.16xlarge': 64 },
  },
  {
    provider: 'aws',
    kilograms: 3010.79,
    instances: {
      'g4dn.xlarge': 4,
      'g4dn.2xlarge': 8,
      'g4dn.4xlarge': 16,
      'g4dn.8xlarge': 32,
      'g4dn.12xlarge': 48,
      'g4dn.16xlarge': 64,
      'g4dn.metal': 96,
    },
  },
  { provider: 'aws', kilograms: 1344.29, instances: family('c5', [2, 4, 8, 16, 36, 48, 72, 96]) },
  { provider: 'aws', kilograms: 1610.79, instances: family('m5', [2, 4, 8, 16, 32, 48, 64, 96]) },
  { provider: 'aws', kilograms: 2143.79, instances: family('r5', [2, 4, 8, 16, 32, 48, 64, 96]) },
  {
    provider: 'gcp',
    kilograms: 5465.5,
    instances: {
      'a2-highgpu-1g': 12,
      'a2-highgpu-2g': 24,
      'a2-highgpu-4g': 48,
      'a2-highgpu-8g': 96,
      'a2-megagpu-16g': 96,
    },
  },
]

/** AWS counts sizes in fours of virtual CPUs: 2 are `large`, 4 `xlarge`, 8 `2xlarge`. */
function family(name: string, virtualCpus: readonly number[]): Record<string, number> {
  const sizeOf = (count: number) => (count === 2 ? 'large' : count === 4 ? 'xlarge' : `${count / 4}xlarge`)
  return Object.fromEntries([
    ...virtualCpus.map((count) => [`${name}.${sizeOf(count)}`, count]),
    [`${name}.metal`, Math.max(...virtualCpus)],
  ])
}

/** Bundled hardware by its name, `aws:p3.2xlarge`; case does not matter. Undefined where there is none: never a similar one. */
export function hardwareRow(text: string): HardwareRow | undefined {
  const hardware = text.trim().toLowerCase()
  for (const { provider, kilograms, instances } of MACHINES) {
    const name = hardware.startsWith(`${provider}:`) ? hardware.slice(provider.length + 1) : undefined
    const virtualCpus = name !== undefined && Object.hasOwn(instances, name) ? instances[name] : undefined
    if (virtualCpus === undefined) continue
    const share = virtualCpus / Math.max(...Object.values(instances))
    return { hardware, kilograms, share, source: SOURCE }
  }
  return undefined
}

/** Names of the bundled hardware. */
export function bundledHardware(): string[] {
  return MACHINES.flatMap(({ provider, instances }) =>
    Object.keys(instances).map((name) => `${provider}:${name}`),
  )
}
