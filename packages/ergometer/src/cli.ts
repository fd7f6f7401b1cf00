import { spawnRecorder } from './spawn-recorder.ts'

// The program `ergometer`. The recorder of a run boots while the commands are loaded: they are a module of
// their own, whose name no bundler sees.

const args = process.argv.slice(2)
const recorder = args[0] === 'run' && args.includes('--') ? spawnRecorder() : undefined
const commands: Promise<typeof import('./commands.ts')> = import(
  new URL('./commands.js', import.meta.url).href
)

commands
  .then(({ main }) => main(args, recorder))
  .then((code) => {
    process.exitCode = code
    // A recorder that is still closing its files is not waited for.
    if (process.stdout.writableLength === 0) process.exit()
  })
