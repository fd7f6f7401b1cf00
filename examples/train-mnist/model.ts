import { oneHot, type Tensor, tensor1d, tensor2d } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-layers'
import { CLASSES, type Digits, PIXELS } from './digits.ts'

/** A perceptron of 101,770 weights: 784 pixels, 128 hidden units, 10 classes. The seed decides its first weights. */
export function perceptron(seed: number): tf.LayersModel {
  const weights = (offset: number) => tf.initializers.glorotUniform({ seed: seed + offset })
  const model = tf.sequential({
    layers: [
      tf.layers.dense({
        inputShape: [PIXELS],
        units: 128,
        activation: 'relu',
        kernelInitializer: weights(0),
      }),
      tf.layers.dense({ units: CLASSES, activation: 'softmax', kernelInitializer: weights(1) }),
    ],
  })
  model.compile({ optimizer: 'adam', loss: 'categoricalCrossentropy', metrics: ['accuracy'] })
  return model
}

/** Digits as the model takes them: a row of pixels for each, and a row with a 1 at what it says. */
export function tensors({ pixels, labels }: Digits): [pixels: Tensor, labels: Tensor] {
  return [
    tensor2d(pixels, [labels.length, PIXELS]),
    oneHot(tensor1d(Int32Array.from(labels), 'int32'), CLASSES),
  ]
}
