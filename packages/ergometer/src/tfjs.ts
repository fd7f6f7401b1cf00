/** What the callback needs of a run: the run that `startRun` resolves to has it. */
export interface TrainingRun {
  /** Begins a phase of this name; disposing what it returns ends the phase. */
  phase(name: string): { [Symbol.dispose](): void }
  /** Adds to the work done: `{ samples: 128 }` are 128 training samples. */
  work(increments: Record<string, number>): void
  /** Notes quality figures at this instant: `{ val_acc: 0.92 }`. */
  score(values: Record<string, number | { value: number; better: 'higher' | 'lower' }>): void
}

/** How often the training gives way to the event loop; a number is in milliseconds, `'auto'` is every 125 ms. */
export type YieldEvery = 'auto' | 'batch' | 'epoch' | 'never' | number

/** Options of {@link ergometerCallback}. */
export interface TfjsCallbackOptions {
  /** The name of the phase that each epoch becomes, its validation included; `'epoch'` by default. */
  phase?: string
  /** How often to yield, `'auto'` by default: tfjs ignores the `yieldEvery` of `fit` beside ready-made callbacks. */
  yieldEvery?: YieldEvery
  /** Whether the logs of each epoch (`loss`, `acc`, `val_loss`, …) become scores; `true` by default. */
  scores?: boolean
}

/** The logs that tfjs hands to its hooks: numbers, and scalars that nobody has read yet. */
type Logs = Record<string, number | { data(): Promise<ArrayLike<unknown>> }>

/** The hooks of a tfjs callback. */
export interface TrainingHooks {
  onTrainBegin(logs?: Logs): Promise<void>
  onTrainEnd(logs?: Logs): Promise<void>
  onEpochBegin(epoch: number, logs?: Logs): Promise<void>
  onEpochEnd(epoch: number, logs?: Logs): Promise<void>
  onBatchBegin(batch: number, logs?: Logs): Promise<void>
  onBatchEnd(batch: number, logs?: Logs): Promise<void>
}

/** What the callback needs of tfjs; `@tensorflow/tfjs`, its `-node` and its `-layers` have it. */
export interface TensorFlow<Callback extends TrainingHooks> {
  CustomCallback: new (hooks: object, yieldEvery?: YieldEvery) => Callback
}

/**
 * A callback for `model.fit` and `model.fitDataset` that meters the training: each epoch becomes a phase (seconds and
 * joules of the epoch and its validation), the samples of each batch become work (`samples`, a count), and the logs at
 * the end of each epoch become scores under the names that tfjs gives them.
 *
 * It is made from the `tf` that also made the model, and stands alone or beside other ready-made callbacks, in any order:
 *
 * ```ts
 * await model.fit(x, y, { callbacks: [tf.callbacks.earlyStopping(), ergometerCallback(tf, run)] })
 * ```
 *
 * tfjs does not mix ready-made callbacks with plain objects: write those as `new tf.CustomCallback({ onEpochEnd … })`.
 * No tensor is read per batch, and metering trouble is said once, on stderr, while the training goes on.
 */
export function ergometerCallback<Callback extends TrainingHooks>(
  tf: TensorFlow<Callback>,
  run: TrainingRun,
  options: TfjsCallbackOptions = {},
): Callback {
  if (typeof tf?.CustomCallback !== 'function') {
    throw new TypeError(
      'ergometerCallback(tf, run): expected tf to be @tensorflow/tfjs or @tensorflow/tfjs-layers',
    )
  }
  const { phase = 'epoch', yieldEvery = 'auto', scores = true } = options
  // This instance yields to the event loop. Given no hooks of ours, it reads no tensors.
  const callback = new tf.CustomCallback({}, yieldEvery)
  const said = sayOnce()

  let epoch: { [Symbol.dispose](): void } | undefined
  const endEpoch = () => {
    const ending = epoch
    epoch = undefined
    ending?.[Symbol.dispose]()
  }

  /** The hook of tfjs, with `step` done before it, whatever becomes of `step`. */
  function before<Hook extends (...given: never[]) => Promise<void>>(
    step: (...given: Parameters<Hook>) => void | Promise<void>,
    hook: Hook,
  ) {
    return async (...given: Parameters<Hook>): Promise<void> => {
      try {
        await step(...given)
      } catch (error) {
        said(error)
      }
      await hook.apply(callback, given)
    }
  }

  // All six are the instance's own: a second copy of tfjs takes a foreign instance for a plain object of hooks, and
  // would call those of the prototype on itself, without end.
  const hooks: TrainingHooks = {
    onTrainBegin: before(endEpoch, callback.onTrainBegin),
    onEpochBegin: before(() => {
      endEpoch()
      epoch = run.phase(phase)
    }, callback.onEpochBegin),
    onBatchBegin: before(() => {}, callback.onBatchBegin),
    onBatchEnd: before((_batch, logs) => {
      const samples = logs?.['size']
      if (typeof samples === 'number') run.work({ samples })
    }, callback.onBatchEnd),
    onEpochEnd: before(async (_epoch, logs) => {
      try {
        const values = scores ? await finiteNumbers(logs) : {}
        if (Object.keys(values).length > 0) run.score(values)
      } finally {
        endEpoch()
      }
    }, callback.onEpochEnd),
    onTrainEnd: before(endEpoch, callback.onTrainEnd),
  }
  return Object.assign(callback, hooks)
}

/** Reads the logs and leaves them as they are; a loss that has become NaN or infinite is left out. */
async function finiteNumbers(logs: Logs = {}): Promise<Record<string, number>> {
  const entries = await Promise.all(
    Object.entries(logs).map(async ([name, value]) => [
      name,
      typeof value === 'number' ? value : (await value.data())[0],
    ]),
  )
  return Object.fromEntries(entries.filter(([, value]) => Number.isFinite(value)))
}

/** Says the first error that it is given, and no other. */
function sayOnce(): (error: unknown) => void {
  let silent = false
  return (error) => {
    if (silent) return
    silent = true
    console.warn(
      `ergometer: the tfjs callback could not meter: ${error instanceof Error ? error.message : error}`,
    )
  }
}
