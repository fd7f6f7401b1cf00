import { type ChildProcess, spawn } from 'node:child_process'
import { recorderProgram } from './recorder-program.ts'

/**
 * Starts the process of a recorder, which waits for its run; undefined where there is none to be had. This
 * module imports next to nothing, so that the recorder boots while its parent still loads.
 */
export function spawnRecorder(program = recorderProgram()): ChildProcess | undefined {
  if (program === undefined) return undefined
  try {
    // A session of its own: not ended by the terminal's Ctrl-C, and it holds no pipe of the training's.
    return spawn(process.execPath, [program], {
      detached: true,
      windowsHide: true,
      stdio: ['pipe', 'ignore', 'ignore', 'pipe'],
      env: recorderEnvironment(),
    })
  } catch {
    return undefined
  }
}

/** The recorder's environment: without what would slow its start or change it. */
function recorderEnvironment(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _options, NODE_EXTRA_CA_CERTS: _certificates, ...environment } = process.env
  return environment
}
