import { spawn } from 'node:child_process'
import {
  against,
  cleanEnvironment,
  machine,
  median,
  now,
  program,
  row,
  spread,
  temporaryHome,
} from './figures.mjs'

// What `ergometer run -- CMD` adds before CMD, and after it.

const TIMES = Number(process.argv[2] ?? 25)
const BEFORE = 150
const AFTER = 50
const cli = program('cli.js')
const env = cleanEnvironment({ ERGOMETER_HOME: temporaryHome() })
/** Prints when its process began and when it ends, in monotonic milliseconds; lives 300 ms, so that readings exist. */
const CMD = `
const now = () => Number(process.hrtime.bigint()) / 1e6
const began = now() - performance.now()
process.on('exit', () => require('node:fs').writeSync(1, JSON.stringify({ began, ended: now() })))
setTimeout(() => {}, 300)`

/** Starts a command and answers with when it was started, when it had exited, and what it printed. */
function time(file, args) {
  return new Promise((resolve, reject) => {
    let output = ''
    const started = now()
    const child = spawn(file, args, { env, stdio: ['ignore', 'pipe', 'ignore'] })
    child.stdout.on('data', (text) => {
      output += text
    })
    let exited
    child.once('exit', () => {
      exited = now()
    })
    child.once('error', reject)
    child.once('close', (code) => {
      if (code === 0) resolve({ started, exited, output, total: exited - started })
      else reject(new Error(`${file} ${args.join(' ')}: exit code ${code}`))
    })
  })
}

async function timeCommand(file, args) {
  const { started, exited, output } = await time(file, args)
  const { began, ended } = JSON.parse(output)
  return { before: began - started, after: exited - ended }
}

const node = process.execPath
const direct = []
const metered = []
const alone = []
const wrapped = []
const bare = []
for (let round = 0; round < TIMES; round++) {
  direct.push(await timeCommand(node, ['-e', CMD]))
  metered.push(await timeCommand(node, [cli, 'run', '--', node, '-e', CMD]))
  alone.push((await time('true', [])).total)
  wrapped.push((await time(node, [cli, 'run', '--', 'true'])).total)
  bare.push((await time(node, ['-e', '0'])).total)
}

const key = (values, name) => values.map((one) => one[name])
const before = median(key(metered, 'before')) - median(key(direct, 'before'))
const after = median(key(metered, 'after')) - median(key(direct, 'after'))
console.log(machine())
console.log(`milliseconds, median (p5 to p95) of ${TIMES} rounds; each round runs all of them`)
row('CMD: from its start to its first instruction', spread(key(direct, 'before')))
row('the same below ergometer run', spread(key(metered, 'before')))
row('added before CMD', before.toFixed(1), against(before, BEFORE, ' ms'))
row('CMD: from its end until its parent knows', spread(key(direct, 'after')))
row('the same below ergometer run', spread(key(metered, 'after')))
row(
  'added after CMD, last reading included',
  after.toFixed(1),
  against(after, AFTER, ' ms plus that reading'),
)
row('true', spread(alone))
row('ergometer run -- true', spread(wrapped))
row('ergometer run -- true, less true', (median(wrapped) - median(alone)).toFixed(1))
row('node -e 0, of which it needs two', spread(bare))
