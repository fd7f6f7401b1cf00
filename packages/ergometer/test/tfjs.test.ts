import { createRequire } from 'node:module'
import '@tensorflow/tfjs-backend-cpu'
import * as core from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-layers'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { ergometerCallback, type TrainingRun } from '../src/tfjs.ts'

const SAMPLES = 100
const BATCH = 32 // three full batches and one of 4

beforeAll(async () => {
  core.enableProdMode()
  await core.setBackend('cpu')
})

/** A run that keeps what it is told, in order. */
function recordingRun() {
  const events: string[] = []
  const samples: number[] = []
  const scores: Record<string, unknown>[] = []
  const run: TrainingRun = {
    phase(name) {
      events.push(`begin ${name}`)
      return { [Symbol.dispose]: () => void events.push(`end ${name}`) }
    },
    work(increments) {
      events.push('work')
      samples.push(increments['samples'] ?? Number.NaN)
    },
    score(values) {
      events.push('score')
      scores.push(values)
    },
  }
  return { run, events, samples, scores }
}

/** The same small model with the same weights at every call. */
function model(layers: typeof tf = tf) {
  const network = layers.sequential()
  const kernelInitializer = layers.initializers.glorotUniform({ seed: 7 })
  network.add(layers.layers.dense({ inputShape: [4], units: 3, activation: 'softmax', kernelInitializer }))
  network.compile({ optimizer: 'sgd', loss: 'categoricalCrossentropy', metrics: ['accuracy'] })
  return network
}

const x = () => core.randomUniform([SAMPLES, 4], 0, 1, 'float32', 1)
const y = () =>
  core.oneHot(
    Array.from({ length: SAMPLES }, (_, n) => n % 3),
    3,
  )

type Callbacks = NonNullable<tf.ModelFitArgs['callbacks']>

async function fit(callbacks?: Callbacks, args: tf.ModelFitArgs = {}) {
  const history = await model().fit(x(), y(), {
    epochs: 3,
    batchSize: BATCH,
    shuffle: false,
    verbose: 0,
    validationSplit: 0,
    ...(callbacks === undefined ? {} : { callbacks }),
    ...args,
  })
  return history.history
}

/** Counts how often a timer gets its turn while `training` runs. */
async function turnsDuring(training: () => Promise<unknown>): Promise<number> {
  let turns = 0
  let going = true
  const turn = () => {
    turns++
    if (going) setImmediate(turn)
  }
  setImmediate(turn)
  await training()
  going = false
  return turns
}

const anEpoch = ['begin epoch', 'work', 'work', 'work', 'work', 'score', 'end epoch']

describe('ergometerCallback', () => {
  it('makes a phase of each epoch, work of each batch and scores of each epoch’s logs, in that order', async () => {
    const { run, events, samples, scores } = recordingRun()
    const history = await fit(ergometerCallback(tf, run))
    expect(events).toEqual([...anEpoch, ...anEpoch, ...anEpoch])
    expect(samples).toEqual([32, 32, 32, 4, 32, 32, 32, 4, 32, 32, 32, 4])
    expect(scores).toEqual([0, 1, 2].map((n) => ({ loss: history['loss']?.[n], acc: history['acc']?.[n] })))
  })

  it('gives scores of the validation under the names that tfjs gives them', async () => {
    const { run, scores } = recordingRun()
    await fit([ergometerCallback(tf, run)], { validationData: [x(), y()] })
    expect(Object.keys(scores[0] ?? {}).sort()).toEqual(['acc', 'loss', 'val_acc', 'val_loss'])
  })

  it('leaves the training as it is', async () => {
    const plain = await fit()
    const metered = await fit(ergometerCallback(tf, recordingRun().run))
    expect(metered).toEqual(plain)
    expect(plain['loss']).toHaveLength(3)
  })

  it('leaks no tensors', async () => {
    const leaked = async (callbacks?: Callbacks) => {
      const before = core.memory().numTensors
      await fit(callbacks)
      return core.memory().numTensors - before
    }
    expect(await leaked(ergometerCallback(tf, recordingRun().run))).toBe(await leaked())
  })

  it.each(['before', 'after'])('works with early stopping %s it', async (order) => {
    const { run, events, scores } = recordingRun()
    // A loss that must fall by 10 an epoch stops the training after the second.
    const stopping = tf.callbacks.earlyStopping({ monitor: 'loss', minDelta: 10, patience: 1 })
    const metering = ergometerCallback(tf, run)
    const history = await fit(order === 'before' ? [stopping, metering] : [metering, stopping])
    expect(history['loss']).toHaveLength(2)
    expect(events).toEqual([...anEpoch, ...anEpoch])
    expect(scores.map(({ loss }) => loss)).toEqual(history['loss'])
  })

  it('works with a custom callback beside it', async () => {
    const { run, samples } = recordingRun()
    const losses: unknown[] = []
    const other = new tf.CustomCallback({ onBatchEnd: (_, logs) => void losses.push(logs?.['loss']) })
    await fit([other, ergometerCallback(tf, run)])
    expect(losses).toHaveLength(12)
    expect(samples.reduce((sum, n) => sum + n)).toBe(3 * SAMPLES)
  })

  it('reads no tensor per batch', async () => {
    const reads = vi.spyOn(core.Tensor.prototype, 'data')
    await fit(ergometerCallback(tf, recordingRun().run, { scores: false, yieldEvery: 'never' }))
    const withoutScores = reads.mock.calls.length
    reads.mockClear()
    await fit([], {})
    expect(withoutScores).toBe(reads.mock.calls.length)
    reads.mockRestore()
  })

  it('obeys its options', async () => {
    const { run, events, scores } = recordingRun()
    await fit(ergometerCallback(tf, run, { phase: 'train', scores: false }), { epochs: 1 })
    expect(events).toEqual(['begin train', 'work', 'work', 'work', 'work', 'end train'])
    expect(scores).toEqual([])
  })

  it('yields as often as it is told', async () => {
    const turns = (yieldEvery: 'batch' | 'epoch' | 'never') =>
      turnsDuring(() => fit(ergometerCallback(tf, recordingRun().run, { yieldEvery })))
    expect(await turns('never')).toBe(0)
    expect(await turns('epoch')).toBeGreaterThanOrEqual(3)
    expect(await turns('batch')).toBeGreaterThanOrEqual(12)
  })

  it('ends the phase of an epoch that is stopped in its middle', async () => {
    const { run, events, samples } = recordingRun()
    const network = model()
    const stop = new tf.CustomCallback({
      onBatchEnd: (batch) => {
        if (batch === 1) network.stopTraining = true
      },
    })
    await network.fit(x(), y(), {
      epochs: 3,
      batchSize: BATCH,
      callbacks: [ergometerCallback(tf, run), stop],
    })
    expect(events).toEqual(['begin epoch', 'work', 'work', 'score', 'end epoch'])
    expect(samples).toEqual([32, 32])
  })

  it('ends the phase of a training that threw once the next one begins', async () => {
    const { run, events } = recordingRun()
    const metering = ergometerCallback(tf, run)
    const fail = new tf.CustomCallback({ onBatchEnd: () => Promise.reject(new Error('user’s own')) })
    await expect(fit([metering, fail])).rejects.toThrow('user’s own')
    expect(events).toEqual(['begin epoch', 'work'])
    await fit([metering], { epochs: 1 })
    expect(events).toEqual(['begin epoch', 'work', 'end epoch', ...anEpoch])
  })

  it('meters fitDataset', async () => {
    const { run, events, samples } = recordingRun()
    const sizes = [32, 32, 8]
    const dataset = {
      iterator: async () => {
        let at = 0
        return {
          next: async () => {
            const size = sizes[at++]
            if (size === undefined) return { done: true, value: null }
            return { done: false, value: { xs: core.ones([size, 4]), ys: core.ones([size, 3]) } }
          },
        }
      },
    }
    await model().fitDataset(dataset as never, {
      epochs: 2,
      verbose: 0,
      callbacks: [tf.callbacks.earlyStopping({ monitor: 'loss' }), ergometerCallback(tf, run)],
    })
    expect(samples).toEqual([...sizes, ...sizes])
    expect(events.filter((event) => event.endsWith('epoch'))).toEqual([
      'begin epoch',
      'end epoch',
      'begin epoch',
      'end epoch',
    ])
  })

  it('says metering trouble once, and the training goes on', async () => {
    const said = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const trouble = () => {
      throw new Error('no space left')
    }
    const broken: TrainingRun = { phase: trouble, work: trouble, score: trouble }
    expect(await fit(ergometerCallback(tf, broken))).toEqual(await fit())
    expect(said.mock.calls).toEqual([['ergometer: the tfjs callback could not meter: no space left']])
    said.mockRestore()
  })

  it('still ends the epoch when its scores fail, and leaves out losses that are no numbers', async () => {
    const said = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const { run, events, scores } = recordingRun()
    const callback = ergometerCallback(tf, run)
    await callback.onEpochBegin(0)
    await callback.onEpochEnd(0, { loss: Number.NaN, acc: 0.5 })
    await callback.onEpochBegin(1)
    await callback.onEpochEnd(1, { loss: { data: () => Promise.reject(new Error('device lost')) } as never })
    expect(scores).toEqual([{ acc: 0.5 }])
    expect(events).toEqual(['begin epoch', 'score', 'end epoch', 'begin epoch', 'end epoch'])
    expect(said).toHaveBeenCalledOnce()
    said.mockRestore()
  })

  it('meters a model that another copy of tfjs made', async () => {
    const require = createRequire(import.meta.url)
    delete require.cache[require.resolve('@tensorflow/tfjs-layers')]
    const copy: typeof tf = require('@tensorflow/tfjs-layers')
    core.disposeVariables() // each copy counts its layers from 1
    expect(copy.CustomCallback).not.toBe(tf.CustomCallback)
    const { run, events } = recordingRun()
    const args = { epochs: 1, batchSize: BATCH, verbose: 0 } as const
    await model(copy).fit(x(), y(), { ...args, callbacks: ergometerCallback(tf, run) })
    expect(events).toEqual(anEpoch)
  })

  it('refuses what is not tfjs, in one clear line', () => {
    expect(() => ergometerCallback(core as never, recordingRun().run)).toThrow(
      'ergometerCallback(tf, run): expected tf to be @tensorflow/tfjs or @tensorflow/tfjs-layers',
    )
  })
})
