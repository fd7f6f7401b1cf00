import type { MeterContext } from '@ergometer/meter'
import type { TokenSource } from './access-token.ts'
import { googleTokens } from './google-token.ts'
import type { HostedJob } from './hosted-job.ts'
import { MonitoringService } from './monitoring-service.ts'
import { instantOf, isRecord, recordsIn } from './reply-fields.ts'
import { addressOf } from './service-address.ts'

/** Vertex AI knows no narrower scope; the role of who asks decides what may be done. */
const SCOPE = 'https://www.googleapis.com/auth/cloud-platform'
/** https://docs.cloud.google.com/vertex-ai/docs/reference/rest/v1/JobState */
const STATES: Readonly<Record<string, HostedJob['state']>> = {
  JOB_STATE_QUEUED: 'waiting',
  JOB_STATE_PENDING: 'waiting',
  JOB_STATE_RUNNING: 'running',
  JOB_STATE_CANCELLING: 'running',
  JOB_STATE_PAUSED: 'running',
  JOB_STATE_UPDATING: 'running',
  JOB_STATE_SUCCEEDED: 'completed',
  JOB_STATE_PARTIALLY_SUCCEEDED: 'completed',
  JOB_STATE_FAILED: 'failed',
  JOB_STATE_EXPIRED: 'failed',
  JOB_STATE_CANCELLED: 'aborted',
}

/** Which custom job: its number, and where it is. */
export interface VertexQuestion {
  /** The project's id. */
  readonly project: string
  readonly region: string
  /** The number at the end of `…/customJobs/4512620604880322560`. */
  readonly job: string
  /** Another base address, of Vertex AI and of Cloud Monitoring. */
  readonly endpoint?: string | undefined
}

/**
 * How to look at a custom job of Vertex AI: each look is a `customJobs.get`
 * (https://docs.cloud.google.com/vertex-ai/docs/reference/rest/v1/projects.locations.customJobs), which needs `aiplatform.customJobs.get`.
 * A look throws a MeterError, see `MonitoringService.get`.
 */
export function vertexJob(
  question: VertexQuestion,
  context: Pick<MeterContext, 'env' | 'fetch' | 'clock'>,
  tokens: TokenSource = googleTokens(context.env, undefined, SCOPE),
): (signal: AbortSignal) => Promise<HostedJob> {
  const { project, region, job, endpoint = `https://${region}-aiplatform.googleapis.com` } = question
  const permission = `it takes roles/aiplatform.viewer in the project ${project}`
  const service = new MonitoringService({ name: 'Vertex AI', tokens, context, permission })
  const url = addressOf(endpoint, `/v1/projects/${project}/locations/${region}/customJobs/${job}`)
  return async (signal) => {
    const reply = await service.get(url, signal)
    const told = isRecord(reply) ? reply : {}
    const state = Object.hasOwn(STATES, String(told['state'])) ? STATES[String(told['state'])] : undefined
    if (state === undefined) throw service.invalid('expected a custom job with a state')
    return jobOf(question, told, state)
  }
}

function jobOf(
  question: VertexQuestion,
  told: Record<string, unknown>,
  state: HostedJob['state'],
): HostedJob {
  const { project, region, job, endpoint } = question
  const over = state !== 'waiting' && state !== 'running'
  const begin = dateOf(told['startTime']) ?? (over ? dateOf(told['createTime']) : undefined)
  const end = over ? (dateOf(told['endTime']) ?? dateOf(told['updateTime'])) : undefined
  const { types, machines } = machinesOf(told['jobSpec'])
  const [type] = types
  const only = types.size === 1 ? type : undefined
  return {
    name: job,
    state,
    ...(begin ? { begin } : {}),
    ...(end ? { end } : {}),
    place: {
      provider: 'gcp',
      region,
      account: project,
      ...(only !== undefined && machines === 1 ? { instanceType: only } : {}),
    },
    tags: {
      ...(types.size > 0 ? { instanceType: [...types].join(' ') } : {}),
      ...(machines > 0 ? { instanceCount: String(machines) } : {}),
    },
    meter: {
      provider: 'gcp',
      project,
      region,
      job,
      ...(only === undefined ? {} : { instanceType: only }),
      ...(endpoint === undefined ? {} : { endpoint }),
    },
  }
}

function machinesOf(spec: unknown): { types: Set<string>; machines: number } {
  const pools = recordsIn(isRecord(spec) ? spec['workerPoolSpecs'] : undefined)
  const types = new Set<string>()
  let machines = 0
  for (const { machineSpec, replicaCount } of pools) {
    const type = isRecord(machineSpec) ? machineSpec['machineType'] : undefined
    if (typeof type === 'string' && /^[a-z0-9-]{1,64}$/.test(type)) types.add(type)
    const count = Number(replicaCount ?? 1)
    if (Number.isSafeInteger(count) && count > 0) machines += count
  }
  return { types, machines }
}

function dateOf(text: unknown): Date | undefined {
  const seconds = instantOf(text)
  return seconds === undefined ? undefined : new Date(seconds * 1000)
}
