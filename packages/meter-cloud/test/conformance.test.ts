import { meterConformance, type World } from '@ergometer/meter/conformance'
import { test } from 'vitest'
import cloud from '../src/index.ts'
import { AWS_ENV, gpuPower, INSTANCE } from './aws-world.ts'
import { FakeCloudWatch, type Mood } from './fake-cloudwatch.ts'

/** Watts between which two GPUs go up and down, and the seconds that it takes. */
const IDLE = 250
const SWING = 150
const SLOWLY = 600
/** CloudWatch shows a minute so many seconds after it is over. */
const LATE = 90

// AWS's own chain reads this process's environment; processes of their own inherit it.
Object.assign(process.env, AWS_ENV)

/** CloudWatch, over HTTP, with what an agent tells of two GPUs whose power follows a load. */
async function world(): Promise<World> {
  const server = await new FakeCloudWatch().listen()
  const begun = Math.floor(Date.now() / 1000)
  let seconds = 0
  let shown = Math.floor(begun / 60) * 60
  const joules = (gpu: number, at: number) =>
    (gpu + 1) * (IDLE * at + SWING * SLOWLY * (1 - Math.cos(at / SLOWLY)))
  const renew = () => {
    for (; shown + 60 + LATE <= begun + seconds; shown += 60) {
      const [from, to] = [shown - begun, shown + 60 - begun]
      for (const gpu of [0, 1]) {
        server.put(gpuPower(gpu), shown, Math.max(0, joules(gpu, to) - joules(gpu, Math.max(0, from))) / 60)
      }
    }
  }
  const be = (mood: Mood | undefined) => () => {
    server.mood = mood
  }
  server.now = () => begun + seconds
  // Both are known from the last hour.
  for (const gpu of [0, 1]) server.put(gpuPower(gpu), begun - 3600, IDLE)
  return {
    options: { provider: 'aws', region: 'eu-west-1', instanceId: INSTANCE, endpoint: server.address },
    get seconds() {
      return seconds
    },
    now: () => new Date((begun + seconds) * 1000),
    advance(more) {
      seconds += more
      renew()
    },
    joules: (id) => joules(Number(id.slice(-1)), seconds),
    fail: be(() => ({ status: 400, type: 'ThrottlingException' })),
    garble: be(() => ({ status: 200, type: 'none', body: '<html>' })),
    hang: be('silence'),
    heal: be(undefined),
    close: () => server.close(),
  }
}

meterConformance({
  test,
  meter: cloud,
  world,
  module: new URL('../dist/index.js', import.meta.url).href,
})
