import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { analyse, readRun, runFolders } from '../packages/core/dist/index.js'
import { root } from '../scripts/workspace.mjs'

// Records the fixture of core's forecast: real trainings, `ergometer run` around each, and of each epoch when it
// began and ended and what had been taken by then. `node bench/training-curves.mjs FILE`.

/** Kind, hidden units or features, batch or passes, samples, epochs, seconds between two bursts of other load (0: none). */
const TRAININGS = [
  ['digits', 64, 64, 8000, 20, 0],
  ['digits', 32, 32, 4000, 15, 0],
  ['digits', 128, 128, 6000, 12, 0],
  ['digits', 16, 16, 3000, 20, 5],
  ['digits', 64, 256, 8000, 16, 0],
  ['digits', 128, 64, 3000, 10, 9],
  ['digits', 256, 256, 5000, 12, 0],
  ['digits', 32, 512, 8000, 24, 4],
  ['digits', 48, 96, 8000, 14, 0],
  ['digits', 96, 32, 3000, 18, 7],
  ['digits', 64, 128, 6000, 30, 0],
  ['digits', 24, 64, 8000, 12, 12],
  ['logistic', 200, 60, 20000, 20, 0],
  ['logistic', 100, 90, 30000, 15, 6],
  ['logistic', 400, 50, 15000, 25, 0],
  ['logistic', 50, 60, 50000, 12, 0],
  ['logistic', 1000, 30, 10000, 18, 10],
  ['logistic', 300, 120, 10000, 10, 0],
  ['logistic', 150, 40, 20000, 30, 3],
  ['logistic', 700, 40, 8000, 16, 0],
  ['digits', 64, 32, 4000, 25, 0],
  ['digits', 128, 256, 7500, 10, 0],
  ['logistic', 250, 70, 15000, 14, 15],
  ['digits', 40, 80, 6000, 22, 8],
]
const FACTORS = {
  intensity: {
    gramsPerKilowattHour: 0,
    kind: 'average',
    basis: 'lifecycle',
    source: 'none',
    estimated: false,
  },
  zoneUnknown: false,
}
const BURST = 'const end = Date.now() + 3000; while (Date.now() < end);'
const round = (value, digits) => Number(value.toFixed(digits))

const file = process.argv[2]
const home = mkdtempSync(join(tmpdir(), 'ergometer-curves-'))
const curves = []
for (const [number, [kind, size, batch, samples, epochs, every]] of TRAININGS.entries()) {
  const bursts = every && setInterval(() => spawn(process.execPath, ['-e', BURST]), every * 1000)
  const args = ['run', '--home', home, '--interval', '0.1', '--name', `curve-${number}`, '--']
  const training = [join(root, 'bench/training-curve.mjs'), kind, size, batch, samples, epochs]
  const child = spawn(process.execPath, [
    join(root, 'packages/ergometer/dist/cli.js'),
    ...args,
    process.execPath,
    ...training.map(String),
  ])
  await new Promise((resolve) => child.on('exit', resolve))
  clearInterval(bursts)
  const folder = runFolders(home).find((path) => path.includes(`curve-${number}-`))
  const journal = readRun(folder)
  const joules = (to) => analyse(journal, FACTORS, { interval: { from: 0, to } }).energy.joules
  const phases = journal.phases.filter(({ name }) => name === 'epoch')
  const at = (time) => [round(time, 3), round(joules(time) ?? 0, 2)]
  curves.push({
    training: `${kind}, size ${size}, batch ${batch}, ${samples} samples${every ? `, a burst of other load every ${every} s` : ''}`,
    epochs: phases.map(({ from, to }) => [...at(from), ...at(to)]),
    end: at(journal.until),
  })
  const text = curves.map((curve) => JSON.stringify(curve)).join(',\n')
  writeFileSync(file, `[\n${text}\n]\n`)
  console.log(number, curves.at(-1).training, phases.length, curves.at(-1).end)
}
rmSync(home, { recursive: true })
