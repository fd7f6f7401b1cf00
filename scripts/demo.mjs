// Trains the example under Ergometer.
import { buildJavaScript } from './build.mjs'
import { setUp } from './setup.mjs'
import { root, run } from './workspace.mjs'

setUp()
process.exitCode = buildJavaScript() || train()

function train() {
  // From the root, so that the run lies where 'ergometer report' looks for it.
  return run(process.execPath, ['examples/train-mnist/start.mjs', ...process.argv.slice(2)], { cwd: root })
}
