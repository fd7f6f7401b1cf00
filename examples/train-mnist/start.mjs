// Node 20 does not run TypeScript by itself: jiti does. It would take tfjs-core for an ES module and load a second copy
// of it, so that one is loaded as it is.
import { createJiti } from 'jiti'

await createJiti(import.meta.url, { fsCache: false, nativeModules: ['@tensorflow/tfjs-core'] }).import(
  './train.ts',
)
