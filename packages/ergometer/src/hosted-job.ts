import { ErgometerError } from '@ergometer/core'
import type { HostedJob } from '@ergometer/meter-cloud'
import { type OpenAiWorld, openAiJob } from './openai-job.ts'

/** Flags that say where a job is. */
export interface JobFlags {
  region?: string
  endpoint?: string
  /** Of Google Cloud. */
  project?: string
  /** Of Azure: a workspace's resource id, and the size of its machines. */
  workspace?: string
  instanceType?: string
}

/** What looking at a job touches of the world. */
export interface JobWorld extends OpenAiWorld {
  /** Monotonic seconds of the host. */
  readonly clock: () => number
}

/** A job as it was named, and how to look at it. */
export interface NamedJob {
  /** `sagemaker:NAME`, as a tag of its run. */
  readonly id: string
  look(signal: AbortSignal): Promise<HostedJob>
}

const VERTEX = /^projects\/([a-z][a-z0-9.:-]{0,99})\/locations\/([a-z0-9-]{1,64})\/customJobs\/(\d{1,32})$/

const WORKSPACE =
  /^\/subscriptions\/[0-9a-f-]{36}\/resourceGroups\/[A-Za-z0-9_().-]{1,90}\/providers\/Microsoft\.MachineLearningServices\/workspaces\/[A-Za-z0-9_-]{1,64}$/i

type Opener = (name: string, flags: JobFlags, world: JobWorld) => NamedJob['look']

/** How jobs are named. */
export const JOB_FORMS = 'sagemaker:NAME, vertex:NUMBER, azureml:RUN or openai:ftjob-…'

const SERVICES: Readonly<
  Record<string, { readonly name: RegExp; readonly expected: string; readonly open: Opener }>
> = {
  openai: {
    name: /^ft[a-z]*-[A-Za-z0-9_-]{1,128}$/,
    expected: 'ftjob-…',
    open: (name, _flags, world) => (signal) => openAiJob(name, world, signal),
  },
  sagemaker: {
    name: /^[a-zA-Z0-9][a-zA-Z0-9-]{0,62}$/,
    expected: 'the name of a training job',
    open:
      (trainingJob, { region, endpoint }) =>
      async (signal) => {
        const { sageMakerJob } = await import('@ergometer/meter-cloud')
        const where = { ...(region ? { region } : {}), ...(endpoint ? { endpoint } : {}) }
        return sageMakerJob({ trainingJob, ...where }, signal)
      },
  },
  vertex: {
    name: /^(?:projects\/[a-z][a-z0-9.:-]{0,99}\/locations\/[a-z0-9-]{1,64}\/customJobs\/)?\d{1,32}$/,
    expected: 'NUMBER, or projects/ID/locations/REGION/customJobs/NUMBER',
    open: (name, flags, world) => {
      const [, own, there, job = name] = VERTEX.exec(name) ?? []
      const { project = own, region = there, endpoint } = flags
      if (!project || !region || !VERTEX.test(`projects/${project}/locations/${region}/customJobs/${job}`)) {
        throw new ErgometerError(
          'SETTINGS_INVALID',
          `job 'vertex:${name}': expected --project and --region beside it`,
        )
      }
      let look: NamedJob['look'] | undefined
      return async (signal) => {
        const { vertexJob } = await import('@ergometer/meter-cloud')
        look ??= vertexJob({ project, region, job, ...(endpoint ? { endpoint } : {}) }, world)
        return look(signal)
      }
    },
  },
  azureml: {
    name: /^[A-Za-z0-9_.-]{1,256}$/,
    expected: 'the id of a run',
    open: (run, { region, workspace, endpoint, instanceType }, world) => {
      if (!region || !/^[a-z0-9]{1,64}$/.test(region) || !workspace || !WORKSPACE.test(workspace)) {
        throw new ErgometerError(
          'SETTINGS_INVALID',
          `job 'azureml:${run}': expected --region and --workspace /subscriptions/…/workspaces/NAME beside it`,
        )
      }
      let look: NamedJob['look'] | undefined
      return async (signal) => {
        const { azureMlJob } = await import('@ergometer/meter-cloud')
        const more = { ...(endpoint ? { endpoint } : {}), ...(instanceType ? { instanceType } : {}) }
        look ??= azureMlJob({ workspace, region, run, ...more }, world)
        return look(signal)
      }
    },
  },
}

/**
 * A hosted job by its name on the command line.
 * @throws ErgometerError `SETTINGS_INVALID`
 */
export function hostedJob(text: string, flags: JobFlags, world: JobWorld): NamedJob {
  const at = text.indexOf(':')
  const service = text.slice(0, Math.max(0, at))
  const name = text.slice(at + 1)
  const known = Object.hasOwn(SERVICES, service) ? SERVICES[service] : undefined
  if (!known) {
    throw new ErgometerError('SETTINGS_INVALID', `job '${text}': expected ${JOB_FORMS}`)
  }
  if (!known.name.test(name)) {
    throw new ErgometerError('SETTINGS_INVALID', `job '${text}': expected ${service}:${known.expected}`)
  }
  return { id: text, look: known.open(name, flags, world) }
}
