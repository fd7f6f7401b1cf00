// Trains the example under Ergometer.
import { join } from 'node:path'
import { buildJavaScript } from './build.mjs'
import { setUp } from './setup.mjs'
import { root, run } from './workspace.mjs'

setUp()
process.exitCode = buildJavaScript() || train()

function train() {
  const cwd = join(root, 'examples/train-mnist')
  return run(process.execPath, ['start.mjs', ...process.argv.slice(2)], { cwd })
}
