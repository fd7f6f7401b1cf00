import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  against,
  cleanEnvironment,
  machine,
  median,
  program,
  quantile,
  row,
  temporaryHome,
} from './figures.mjs'
import { raplTree } from './rapl-tree.mjs'

// Two zones read a thousand times a second by `ergometer run`, while another process advances their counters.

const SECONDS = Number(process.argv[2] ?? 10)
/** A busy machine halts the writer; what it makes up for must not look like more than a package can draw. */
const WATTS = Number(process.argv[3] ?? 20)
const STEP = 1
const SHARE = 0.85
const LATENESS = 1

const beside = (file) => fileURLToPath(new URL(file, import.meta.url))
const { sysRoot, counters } = raplTree(1)
const home = temporaryHome()
const reads = join(home, 'reads')
const env = cleanEnvironment({
  HOST_SYS: sysRoot,
  ERGOMETER_HOME: home,
  ERGOMETER_RECORDER: beside('rapl-1khz-recorder.mjs'),
  BENCH_READS: reads,
})
const writer = [process.execPath, beside('rapl-1khz-writer.mjs'), WATTS, SECONDS, ...counters].map(String)
const where = machine()
const flags = ['run', '--meter', 'rapl', '--interval', String(STEP / 1000), '--', ...writer]
const { status, stdout, stderr } = spawnSync(process.execPath, [program('cli.js'), ...flags], {
  env,
  encoding: 'utf8',
})
if (status !== 0) throw new Error(`ergometer run ended with ${status}: ${stderr}`)
const { joules, begin, end } = JSON.parse(stdout)

async function fileOf(find) {
  for (let wait = 0; wait < 100; wait++) {
    try {
      return find()
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
  return find()
}

const bytes = await fileOf(() => readFileSync(reads))
const all = new Float64Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 8)
// Each reading is of two zones: the first of them is what was late or not.
const times = all.filter((time, index) => index % counters.length === 0 && time > begin && time < end)
const expected = (end - begin) / STEP
// A reading is for the first point of the grid after the reading before.
const lateness = [...times.slice(1)].map(
  (time, index) => time - (Math.floor(times[index] / STEP + 1e-3) + 1) * STEP,
)

const report = await fileOf(() => {
  const runs = join(home, 'runs')
  return JSON.parse(readFileSync(join(runs, readdirSync(runs)[0], 'report.json'), 'utf8'))
})
const lost = report.energy.domains.map((domain) => joules - (domain.joules ?? 0))

console.log(where)
console.log(`${SECONDS} s, ${counters.length} zones of ${WATTS} W, a reading every ${STEP} ms`)
const share = times.length / expected
row(
  'share of the readings',
  `${(share * 100).toFixed(1)} %`,
  `${share >= SHARE ? 'met' : 'MISSED'}: at least ${SHARE * 100} %`,
)
row(
  'lateness, median (p95, p99)',
  `${median(lateness).toFixed(3)} ms (${quantile(lateness, 0.95).toFixed(2)}, ${quantile(lateness, 0.99).toFixed(2)})`,
  against(median(lateness), LATENESS, ' ms'),
)
row(
  'energy lost by each zone',
  `${lost.map((one) => one.toFixed(3)).join(', ')} J of ${joules.toFixed(3)} J`,
  against(Math.max(...lost.map(Math.abs)), 0.01, ' J'),
)
row('coverage', report.energy.coverage.toFixed(4))
const problems = report.health.filter(({ meter }) => meter !== undefined)
if (problems.length > 0) row('health', problems.map(({ code, count = 1 }) => `${code} (${count})`).join(', '))
process.exit()
