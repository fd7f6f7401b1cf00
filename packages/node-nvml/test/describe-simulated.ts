import { describe } from 'vitest'
import { whyNoSimulation } from './simulated-nvml.ts'

/** Tests that need the simulated library; where there can be none, they are skipped and say why. */
export function describeSimulated(name: string, tests: () => void): void {
  if (whyNoSimulation === undefined) return void describe(name, tests)
  console.log(`skipped: ${name}: ${whyNoSimulation}`)
  describe.skip(name, tests)
}
