// A week of ten domains with a phase every ten seconds: how large its journal is, and what a report of it takes.
// After `npm run build`: node bench/journal-week.mjs
import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { analyse, encodeLine, Recording, readJournal, readLines } from '../packages/core/dist/index.js'

const WEEK = 604_800
const DOMAINS = 10
const PHASE = 10

const directory = mkdtempSync(join(tmpdir(), 'ergometer-week-'))
const path = join(directory, 'journal.ndjson')

function record() {
  const file = openSync(path, 'w')
  const bytes = {}
  let waiting = []
  const flush = () => {
    if (waiting.length > 0) writeSync(file, `${waiting.join('\n')}\n`)
    waiting = []
  }
  const write = (line) => {
    const text = encodeLine(line)
    const kind = line.kind ?? (line.mJ ? 'edge row' : 'row')
    bytes[kind] = (bytes[kind] ?? 0) + text.length + 1
    if (waiting.push(text) > 1000) flush()
  }
  write({
    kind: 'start',
    version: 1,
    runId: 'week',
    name: 'week',
    monotonic: 0,
    wall: '2024-01-01T00:00:00.000Z',
    recorder: { pid: 1 },
    factors: {},
    config: {},
    versions: {},
  })
  const recording = new Recording(write)
  for (let index = 0; index < DOMAINS; index++) {
    const domain = { id: `gpu-${index}`, kind: 'gpu', label: `GPU ${index}`, method: 'measured' }
    recording.addDomain('bench', { ...domain, reads: { quantity: 'power' }, maxWatts: 1000 }, 1)
  }
  let phase = 0
  const say = (time, event) => recording.addEvent(event, time, time, 'trainer')
  for (let second = 0; second <= WEEK + 1; second++) {
    const jitter = (second * 0.618034) % 0.01
    for (let index = 0; index < DOMAINS; index++) {
      const watts = 350 + 150 * Math.sin(second / 60 + index)
      recording.addReading(index, second + 0.02, Math.round(watts * 1000) / 1000, second + jitter)
    }
    if (second < WEEK) {
      const at = second + 0.1 + ((second * 0.754877) % 0.8)
      if (second % PHASE === 0) {
        if (phase > 0) say(at, { kind: 'phase', name: 'epoch', id: `${phase}`, edge: 'end' })
        say(at + 3e-5, { kind: 'phase', name: 'epoch', id: `${++phase}`, edge: 'begin' })
      }
      say(second + 0.95, { kind: 'work', work: { samples: 640 + (second % 7) } })
    }
    recording.settle(Math.min(WEEK, second + 0.05))
  }
  recording.close(WEEK, { status: 'completed' })
  flush()
  closeSync(file)
  return bytes
}

const megabytes = (size) => Math.round(size / 1e4) / 100
const factors = {
  intensity: {
    gramsPerKilowattHour: 400,
    kind: 'average',
    basis: 'lifecycle',
    source: 'bench',
    estimated: false,
  },
  zoneUnknown: false,
}

try {
  if (process.argv[2] === 'analyse') {
    const file = process.argv[3]
    const begun = performance.now()
    const report = analyse(readJournal(readLines(file)), factors)
    const seconds = (performance.now() - begun) / 1000
    const resident = process.resourceUsage().maxRSS * 1024
    console.log(
      `report: ${seconds.toFixed(2)} s (at most 2), ${megabytes(resident)} MB resident (at most 250)`,
    )
    console.log(
      `        ${report.phases[0].count} phases, ${report.energy.joules.toFixed(0)} J, coverage ${report.energy.coverage}`,
    )
  } else {
    const begun = performance.now()
    const bytes = record()
    console.log(`recorded in ${((performance.now() - begun) / 1000).toFixed(1)} s`)
    console.log(`journal: ${megabytes(statSync(path).size)} MB (at most 64)`)
    for (const [kind, size] of Object.entries(bytes)) console.log(`  ${kind}: ${megabytes(size)} MB`)
    // In a process of its own, so that only the report's memory is measured.
    const { execFileSync } = await import('node:child_process')
    const [, script] = process.argv
    process.stdout.write(execFileSync(process.execPath, [script, 'analyse', path]))
  }
} finally {
  rmSync(directory, { recursive: true, force: true })
}
