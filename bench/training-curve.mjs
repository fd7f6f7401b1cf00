import { createRequire } from 'node:module'
import { startRun } from '../packages/ergometer/dist/index.js'

// One real training of training-curves.mjs, with each epoch as a phase: `KIND SIZE BATCH SAMPLES EPOCHS`.

const [kind, ...numbers] = process.argv.slice(2)
const [size, batch, samples, epochs] = numbers.map(Number)

/** The network of the example, without it being a dependency of this folder. */
async function digits() {
  const example = new URL('../examples/train-mnist/start.mjs', import.meta.url)
  const { createJiti } = await import(createRequire(example).resolve('jiti'))
  const jiti = createJiti(example.href, { fsCache: false, nativeModules: ['@tensorflow/tfjs-core'] })
  const { loadDigits, shuffled, split } = await jiti.import('./digits.ts')
  const { tensors } = await jiti.import('./model.ts')
  const { setBackend } = await jiti.import('@tensorflow/tfjs-core')
  const tf = await jiti.import('@tensorflow/tfjs-layers')
  await jiti.import('@tensorflow/tfjs-backend-wasm')
  await setBackend('wasm')
  const { train, test } = split(shuffled(loadDigits(), 42), samples)
  const [x, y] = tensors(train)
  const validation = tensors({ pixels: test.pixels.slice(0, 784 * 500), labels: test.labels.slice(0, 500) })
  const model = tf.sequential({
    layers: [
      tf.layers.dense({ inputShape: [784], units: size, activation: 'relu' }),
      tf.layers.dense({ units: 10, activation: 'softmax' }),
    ],
  })
  model.compile({ optimizer: 'adam', loss: 'categoricalCrossentropy', metrics: ['accuracy'] })
  return {
    // Two passes: an epoch of the least data is to take a second.
    epoch: () => model.fit(x, y, { epochs: 2, batchSize: batch, verbose: 0 }),
    evaluate: async () => (await model.evaluate(...validation)[1].data())[0],
  }
}

/** Logistic regression by hand, on `size` features; an epoch goes over the samples `batch` times. */
async function logistic() {
  const features = Float64Array.from({ length: samples * size }, () => Math.random() - 0.5)
  const labels = Uint8Array.from({ length: samples }, (_, at) => (features[at * size] > 0 ? 1 : 0))
  const weights = new Float64Array(size)
  const guess = (at) => {
    let sum = 0
    for (let index = 0; index < size; index++) sum += weights[index] * features[at * size + index]
    return 1 / (1 + Math.exp(-sum))
  }
  return {
    epoch() {
      for (let pass = 0; pass < batch; pass++) {
        for (let at = 0; at < samples; at++) {
          const step = 0.01 * (labels[at] - guess(at))
          for (let index = 0; index < size; index++) weights[index] += step * features[at * size + index]
        }
      }
    },
    evaluate() {
      let right = 0
      for (let at = 0; at < samples; at += 4) if (guess(at) > 0.5 === (labels[at] === 1)) right++
      return right / (samples / 4)
    },
  }
}

const run = await startRun({ name: kind })
const { epoch, evaluate } = await run.phase('load', { digits, logistic }[kind])
for (let index = 0; index < epochs; index++) {
  await run.phase('epoch', epoch)
  run.score({ accuracy: await evaluate() })
}
await run.end()
