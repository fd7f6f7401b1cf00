import { definitionOf, realContext } from '@ergometer/meter'
import { meterConformance } from '@ergometer/meter/conformance'
import { describe, test } from 'vitest'
import hwmon from '../src/index.ts'

// The conformance cases that need no moved world, by `pnpm test:hardware`, on this machine's sensors.

const HARDWARE = process.env['ERGOMETER_HARDWARE'] !== undefined

async function whyNot(): Promise<string | undefined> {
  if (!HARDWARE) return 'only by `pnpm test:hardware`'
  const found = await definitionOf(hwmon).probe?.({}, realContext())
  return found?.available === false ? found.why : undefined
}

const reason = await whyNot()
if (reason !== undefined && HARDWARE) console.log(`skipped: sensors of hwmon: ${reason}`)

describe('sensors of this machine', () => {
  if (reason !== undefined) test.skip(reason)
  else meterConformance({ test, meter: hwmon, module: new URL('../dist/index.js', import.meta.url).href })
})
