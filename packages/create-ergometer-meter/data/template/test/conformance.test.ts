import { meterConformance } from '@ergometer/meter/conformance'
import { test } from 'vitest'
import meter from '../src/index.js'
import { FileWorld } from './world.js'

meterConformance({
  test,
  meter,
  world: () => new FileWorld(),
  // A meter runs in a process of its own, which loads what is built.
  module: new URL('../dist/index.js', import.meta.url).href,
})
