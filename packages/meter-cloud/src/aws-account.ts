import { type MeterContext, MeterError } from '@ergometer/meter'
import { instanceSignals } from './aws-instance.ts'
import type { AwsOptions } from './aws-options.ts'
import { cutByRetention } from './aws-retention.ts'
import type { AwsSignal } from './aws-signal.ts'
import { trainingJobSignals } from './aws-training-job.ts'
import type { Bucket } from './bucket.ts'
import type { CloudAccount } from './cloud-account.ts'
import { CloudWatch, type MetricQuestion } from './cloudwatch.ts'
import { instanceModel } from './instance-model.ts'
import { wallClock } from './wall-clock.ts'

/**
 * What CloudWatch knows of an EC2 machine or a SageMaker training job. `modelOf`: the power model of an instance type. Throws a
 * MeterError.
 */
export async function openAws(
  options: AwsOptions,
  context: MeterContext,
  modelOf = (type: string | undefined) => instanceModel('aws', type),
): Promise<CloudAccount> {
  const cloudWatch = await CloudWatch.load(options, context)
  try {
    const signals = await signalsOf(options, context, cloudWatch, modelOf)
    if (signals.length > 0) return new AwsAccount(signals, cloudWatch, context)
    const what = options.trainingJob ?? options.instanceId
    throw new MeterError(
      `CloudWatch tells nothing of ${what} that energy can be made of, expected metrics of its GPUs or an "instanceType" that is known`,
      { outcome: 'retry', code: 'CLOUD_DATA_ABSENT' },
    )
  } catch (cause) {
    cloudWatch.close()
    throw cause
  }
}

function signalsOf(
  options: AwsOptions,
  context: MeterContext,
  cloudWatch: CloudWatch,
  modelOf: Parameters<typeof openAws>[2] & {},
): Promise<AwsSignal[]> {
  const { trainingJob, instanceId = '' } = options
  if (trainingJob !== undefined) {
    return trainingJobSignals({ options: { ...options, trainingJob }, context, cloudWatch, modelOf })
  }
  const until = (context.window?.to.getTime() ?? Date.now()) / 1000
  return instanceSignals({ options: { ...options, instanceId }, context, cloudWatch, modelOf, until })
}

class AwsAccount implements CloudAccount {
  readonly series: readonly AwsSignal[]
  readonly #cloudWatch: CloudWatch
  readonly #log: MeterContext['log']
  readonly #now: () => number
  readonly #questions: readonly MetricQuestion[]
  /** By series: which of the questions tell of it. */
  readonly #asked: readonly (readonly number[])[]

  constructor(signals: readonly AwsSignal[], cloudWatch: CloudWatch, context: MeterContext) {
    this.series = signals
    this.#cloudWatch = cloudWatch
    this.#log = context.log
    this.#now = wallClock(context)
    // A metric that several series are made of is paid for once.
    const questions = new Map<string, MetricQuestion>()
    const keys = signals.map(({ metrics, period }) =>
      metrics.map((metric) => {
        const key = JSON.stringify([metric, period])
        questions.set(key, { metric, period })
        return key
      }),
    )
    const order = [...questions.keys()]
    this.#questions = [...questions.values()]
    this.#asked = keys.map((some) => some.map((key) => order.indexOf(key)))
  }

  async read(from: number, to: number, signal: AbortSignal): Promise<Bucket[][]> {
    const told = this.#cloudWatch.skewSeconds
    const ask = (skew: number) => this.#ask({ from: from + skew, to: to + skew }, this.#now() + skew, signal)
    let replies = await ask(told)
    // How wrong this machine's clock is shows in a reply: the first one was asked without knowing.
    const skew = this.#cloudWatch.skewSeconds
    if (skew !== told) replies = await ask(skew)
    return this.#asked.map((indices) =>
      indices.flatMap((index) =>
        (replies[index] ?? []).map((bucket) => ({
          ...bucket,
          from: bucket.from - skew,
          to: bucket.to - skew,
        })),
      ),
    )
  }

  /** One request for all that begins alike and is cut alike, which is nearly always all. */
  async #ask(asked: { from: number; to: number }, now: number, signal: AbortSignal): Promise<Bucket[][]> {
    const replies: Bucket[][] = this.#questions.map(() => [])
    for (const period of new Set(this.#questions.map((question) => question.period))) {
      const indices = this.#questions.flatMap((question, index) =>
        question.period === period ? [index] : [],
      )
      const { parts, gone } = cutByRetention(asked, period, now)
      if (gone) this.#sayGone()
      for (const part of parts) {
        const questions = indices.map((index) => ({
          ...(this.#questions[index] as MetricQuestion),
          period: part.period,
        }))
        const found = await this.#cloudWatch.means(questions, part, signal)
        indices.forEach((index, at) => {
          replies[index]?.push(...(found[at] ?? []))
        })
      }
    }
    return replies
  }

  #sayGone(): void {
    this.#log('CloudWatch has forgotten what is older than 455 days: it is a gap, and will stay one', {
      severity: 'warning',
      code: 'cloud-data-expired',
    })
  }

  close(): void {
    this.#cloudWatch.close()
  }
}
