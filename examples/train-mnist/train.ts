import { formatEnergy, formatGrams, formatSeconds, terminalReport } from '@ergometer/report'
import { type Scalar, setBackend } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-layers'
import '@tensorflow/tfjs-backend-wasm'
import { startRun } from 'ergometer'
import { ergometerCallback } from 'ergometer/tfjs'
import { loadDigits, shuffled, split } from './digits.ts'
import { perceptron, tensors } from './model.ts'

const SEED = 42
const EPOCHS = 5

const run = await startRun({ name: 'mnist-mlp', tags: { optimizer: 'adam' }, targets: { val_acc: 0.92 } })

const { train, test } = await run.phase('load', async () => {
  await setBackend('wasm')
  return split(shuffled(loadDigits(), SEED), 8000)
})
const [x, y] = tensors(train)
const [testX, testY] = tensors(test)

const model = perceptron(SEED)
await model.fit(x, y, {
  epochs: EPOCHS,
  batchSize: 128,
  shuffle: false, // they are shuffled, and tfjs would do it with Math.random
  validationData: [testX, testY],
  verbose: 0,
  callbacks: [
    new tf.CustomCallback({ onEpochEnd: print }),
    ergometerCallback(tf, run),
    new tf.CustomCallback({ onEpochEnd: foretell }),
  ],
})

const accuracy = await run.phase('evaluate', async () => {
  const [, share] = model.evaluate(testX, testY) as Scalar[]
  return (await share!.data())[0]!
})
run.score({ accuracy })

const report = await run.end()
process.stdout.write(terminalReport(report, { color: process.stdout.isTTY }))

function print(epoch: number, logs: tf.Logs = {}) {
  console.log(
    `epoch ${epoch + 1}  loss ${logs['loss']?.toFixed(3)}  validation accuracy ${logs['val_acc']?.toFixed(4)}`,
  )
}

/** What the whole training will take: told once, as soon as there are enough epochs to tell. */
async function foretell(epoch: number) {
  if (epoch + 1 !== 3) return
  const { joules, gramsCo2e, seconds, why } = await run.forecast({ totalEpochs: EPOCHS })
  if (joules && gramsCo2e && seconds) {
    const range = `${formatEnergy(joules.low)} to ${formatEnergy(joules.high)}`
    console.log(
      `forecast for all ${EPOCHS}: ${formatEnergy(joules.value)} (95 %: ${range}), ${formatGrams(gramsCo2e.value)} CO2e, ${formatSeconds(seconds.value)}`,
    )
  } else console.log(`no forecast: ${why}`)
}
