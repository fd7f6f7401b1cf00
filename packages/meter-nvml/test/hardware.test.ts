import { definitionOf, realContext } from '@ergometer/meter'
import { meterConformance, realWorld } from '@ergometer/meter/conformance'
import { afterAll, describe, test } from 'vitest'
import { SimulatedNvml, whyNoSimulation } from '../../node-nvml/test/simulated-nvml.ts'
import nvml from '../src/index.ts'

// The conformance cases that need no moved world: on a simulated library and, by `pnpm test:hardware`, on this machine's.

const HARDWARE = process.env['ERGOMETER_HARDWARE'] !== undefined
/** What Node can load in a process of the meter's own. */
const built = new URL('../dist/index.js', import.meta.url).href

async function whyNot(): Promise<string | undefined> {
  if (!HARDWARE) return whyNoSimulation
  const found = await definitionOf(nvml).probe?.({} as never, realContext())
  return found?.available === false ? found.why : undefined
}

const reason = await whyNot()
if (reason !== undefined) console.log(`skipped: NVIDIA GPUs: ${reason}`)
const simulated =
  HARDWARE || reason !== undefined ? undefined : new SimulatedNvml([{ watts: 300 }, { watts: 120 }])
afterAll(() => simulated?.[Symbol.dispose]())

describe(`NVIDIA GPUs of ${HARDWARE ? 'this machine' : 'a simulated library'}`, () => {
  if (reason !== undefined) {
    test.skip(reason)
    return
  }
  meterConformance({
    test,
    meter: nvml,
    module: built,
    ...(simulated
      ? {
          world: () => realWorldWith({ ERGOMETER_NVML_LIBRARY: simulated.library }),
          skip: {
            'child-process': 'run.test.ts runs it in one, and a busy machine is slow to start another',
            'read-time': 'a busy machine has its own pace',
          },
        }
      : {}),
  })
})

/** Real time, and an environment of our own. */
function realWorldWith(env: Record<string, string>) {
  const real = realWorld()
  return {
    context: { env: { ...process.env, ...env } },
    get seconds() {
      return real.seconds
    },
    advance: (seconds: number) => real.advance(seconds),
  }
}
