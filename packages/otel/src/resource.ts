export { hostFacts } from './host-facts.ts'
export { standardExporters } from './standard-targets.ts'

/** What is known of where metrics come from. */
export interface ResourceFacts {
  /** Absent for a node. */
  readonly runId?: string | undefined
  readonly hostId: string
  readonly hostName: string
  readonly pid: number
  readonly commit?: string | undefined
  readonly version?: string | undefined
  readonly env: Readonly<Record<string, string | undefined>>
}

/** Variables of SLURM and of pods, by attribute: the first that is set counts. */
const FROM_ENVIRONMENT: Readonly<Record<string, readonly string[]>> = {
  'slurm.job.id': ['SLURM_JOB_ID'],
  'slurm.job.name': ['SLURM_JOB_NAME'],
  'slurm.array.job.id': ['SLURM_ARRAY_JOB_ID'],
  'slurm.array.task.id': ['SLURM_ARRAY_TASK_ID'],
  'slurm.step.id': ['SLURM_STEP_ID'],
  'slurm.node.id': ['SLURM_NODEID'],
  'slurm.cluster.name': ['SLURM_CLUSTER_NAME'],
}
const FROM_POD: Readonly<Record<string, readonly string[]>> = {
  'k8s.pod.name': ['K8S_POD_NAME', 'POD_NAME', 'HOSTNAME'],
  'k8s.pod.uid': ['K8S_POD_UID', 'POD_UID'],
  'k8s.namespace.name': ['K8S_NAMESPACE_NAME', 'POD_NAMESPACE', 'NAMESPACE'],
  'k8s.node.name': ['K8S_NODE_NAME', 'NODE_NAME'],
  'k8s.job.name': ['K8S_JOB_NAME', 'JOB_NAME'],
  'k8s.cluster.name': ['K8S_CLUSTER_NAME'],
}

/**
 * The resource that all metrics of a run, or of a node, share: who it is, where it runs, what it is made of. Never the command line,
 * which may hold secrets. `OTEL_RESOURCE_ATTRIBUTES` and `OTEL_SERVICE_NAME` add to it, but for what tells runs apart.
 */
export function resourceAttributes(facts: ResourceFacts): Record<string, string | number> {
  const { runId, hostId, hostName, pid, commit, version, env } = facts
  const pod = env['KUBERNETES_SERVICE_HOST'] === undefined ? {} : FROM_POD
  return {
    'service.name': 'ergometer',
    ...(version === undefined ? {} : { 'service.version': version }),
    'host.name': hostName,
    'process.pid': pid,
    ...(commit === undefined ? {} : { 'vcs.ref.head.revision': commit }),
    ...fromEnvironment(FROM_ENVIRONMENT, env),
    ...fromEnvironment(pod, env),
    ...stated(env['OTEL_RESOURCE_ATTRIBUTES'] ?? ''),
    ...(env['OTEL_SERVICE_NAME'] ? { 'service.name': env['OTEL_SERVICE_NAME'] } : {}),
    'service.instance.id': runId ?? hostId,
    'host.id': hostId,
    ...(runId === undefined ? {} : { 'ergometer.run.id': runId }),
  }
}

function fromEnvironment(
  names: Readonly<Record<string, readonly string[]>>,
  env: ResourceFacts['env'],
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(names).flatMap(([attribute, variables]) => {
      const value = variables.map((name) => env[name]).find((one) => one)
      return value === undefined ? [] : [[attribute, value.slice(0, 256)]]
    }),
  )
}

/** `key=value,key=value`, percent-encoded, as the specification has it; what makes no sense is left out. */
function stated(text: string): Record<string, string> {
  const pairs = text.split(',').flatMap((pair): [string, string][] => {
    const at = pair.indexOf('=')
    const key = pair.slice(0, at).trim()
    if (at <= 0 || key === '') return []
    try {
      return [[decodeURIComponent(key), decodeURIComponent(pair.slice(at + 1).trim())]]
    } catch {
      return []
    }
  })
  return Object.fromEntries(pairs)
}
