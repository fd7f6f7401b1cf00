// Logistic regression by stochastic gradient descent: learns on which side of a hidden plane a point lies.
import { startRun } from 'ergometer'

const DIMENSIONS = 64
const POINTS = 2000
const EPOCHS = 8
/** Times that each epoch goes over the points. */
const PASSES = 60

let seed = 1
/** A number between -0.5 and 0.5, the same ones at every run. */
function random() {
  seed = (seed * 48_271) % 2_147_483_647
  return seed / 2_147_483_647 - 0.5
}

const vector = () => Float64Array.from({ length: DIMENSIONS }, random)
const dot = (a, b) => a.reduce((sum, value, at) => sum + value * b[at], 0)

const plane = vector()
const points = Array.from({ length: POINTS }, vector)
const labels = points.map((point) => (dot(point, plane) > 0 ? 1 : 0))
const weights = new Float64Array(DIMENSIONS)

function pass(rate) {
  for (const [at, point] of points.entries()) {
    const error = labels[at] - 1 / (1 + Math.exp(-dot(weights, point)))
    for (let index = 0; index < DIMENSIONS; index++) weights[index] += rate * error * point[index]
  }
}

const accuracy = () =>
  points.filter((point, at) => dot(weights, point) > 0 === (labels[at] === 1)).length / POINTS

const run = await startRun()
for (let epoch = 0; epoch < EPOCHS; epoch++) {
  await run.phase('epoch', async () => {
    for (let done = 0; done < PASSES; done++) {
      pass(0.1)
      run.work({ samples: POINTS })
      // Others get a turn.
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  })
  run.score({ accuracy: accuracy() })
}
await run.end()
