import type { MeterContext } from '@ergometer/meter'
import type { TokenSource } from './access-token.ts'
import { azureTokens } from './azure-token.ts'
import type { HostedJob } from './hosted-job.ts'
import { MonitoringService } from './monitoring-service.ts'
import { instantOf, isRecord } from './reply-fields.ts'
import { addressOf } from './service-address.ts'

/** States of a run: https://learn.microsoft.com/python/api/azureml-core/azureml.core.run.run#azureml-core-run-run-get-status */
const OVER: Readonly<Record<string, HostedJob['state']>> = {
  Completed: 'completed',
  Failed: 'failed',
  NotResponding: 'running',
  Canceled: 'aborted',
  CancelRequested: 'running',
  Running: 'running',
  Finalizing: 'running',
}

/** Which run of Azure Machine Learning. */
export interface AzureMlQuestion {
  /** `/subscriptions/…/providers/Microsoft.MachineLearningServices/workspaces/…`. */
  readonly workspace: string
  readonly region: string
  readonly run: string
  /** The size of its machines, which its history does not tell. */
  readonly instanceType?: string | undefined
  /** Another base address, of the run history and of Azure Monitor. */
  readonly endpoint?: string | undefined
}

/**
 * How to look at a run of Azure Machine Learning: each look is a `GET` of the details in its run history, with a token of Azure Resource
 * Manager: `RunDetails` of "Run History APIs" 2019-09-30 (github.com/Azure/azure-rest-api-specs, runHistory.json), by a path that need not
 * name the experiment. A look throws a MeterError, see `MonitoringService.get`.
 */
export function azureMlJob(
  question: AzureMlQuestion,
  context: Pick<MeterContext, 'fetch' | 'clock'>,
  tokens: TokenSource = azureTokens(),
): (signal: AbortSignal) => Promise<HostedJob> {
  const { workspace, region, run, endpoint = `https://${region}.api.azureml.ms` } = question
  const permission = `it takes the role Reader on ${workspace}`
  const service = new MonitoringService({ name: 'Azure Machine Learning', tokens, context, permission })
  const url = addressOf(endpoint, `/history/v1.0${workspace}/runs/${encodeURIComponent(run)}/details`)
  return async (signal) => {
    const told = await service.get(url, signal)
    if (!isRecord(told) || told['runId'] !== run || typeof told['status'] !== 'string') {
      throw service.invalid('expected this run with a status')
    }
    return jobOf(question, told, told['status'])
  }
}

function jobOf(question: AzureMlQuestion, told: Record<string, unknown>, status: string): HostedJob {
  const { workspace, region, run, instanceType, endpoint } = question
  // Before it runs there are states beyond number: Queued, Preparing, Provisioning.
  const state = Object.hasOwn(OVER, status) ? (OVER[status] as HostedJob['state']) : 'waiting'
  const over = state !== 'running' && state !== 'waiting'
  const begin = dateOf(told['startTimeUtc']) ?? (over ? dateOf(told['createdUtc']) : undefined)
  const end = over ? (dateOf(told['endTimeUtc']) ?? begin) : undefined
  const account = workspace.split('/')[2]?.toLowerCase()
  return {
    name: run,
    state,
    ...(begin ? { begin } : {}),
    ...(end ? { end } : {}),
    place: { provider: 'azure', region, ...(account ? { account } : {}) },
    tags: instanceType === undefined ? {} : { instanceType },
    meter: {
      provider: 'azure',
      workspace,
      runId: run,
      region,
      ...(instanceType === undefined ? {} : { instanceType }),
      ...(endpoint === undefined ? {} : { endpoint }),
    },
  }
}

function dateOf(text: unknown): Date | undefined {
  const seconds = instantOf(text)
  return seconds === undefined ? undefined : new Date(seconds * 1000)
}
