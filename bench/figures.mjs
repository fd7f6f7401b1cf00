import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

// What all benches share: figures, the machine, a home of their own.

/** The built package. */
export const DIST = new URL('../packages/ergometer/dist/', import.meta.url)

/** Path of a built program. */
export function program(name) {
  return fileURLToPath(new URL(name, DIST))
}

/** Environment without what would slow a start or redirect it. */
export function cleanEnvironment(more = {}) {
  const { NODE_OPTIONS: _a, NODE_EXTRA_CA_CERTS: _b, ERGOMETER_EVENTS: _c, ...env } = process.env
  return { ...env, ...more }
}

/** A home for the runs of a bench, removed when it ends. */
export function temporaryHome() {
  const home = mkdtempSync(join(tmpdir(), 'ergometer-bench-'))
  process.once('exit', () => rmSync(home, { recursive: true, force: true }))
  return home
}

/** The value below which a share of the values lies. */
export function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]
}

export function median(values) {
  return quantile(values, 0.5)
}

/** `median (p5 to p95)` */
export function spread(values, digits = 1) {
  const text = (share) => quantile(values, share).toFixed(digits)
  return `${text(0.5)} (${text(0.05)} to ${text(0.95)})`
}

/** Monotonic milliseconds, the same in all processes of this host. */
export function now() {
  return Number(process.hrtime.bigint()) / 1e6
}

/** One line that says where and on what. */
export function machine() {
  const [load] = loadavg()
  return `${cpus()[0]?.model.trim()}, ${availableParallelism()} cores, ${process.platform}, Node ${process.versions.node}, load ${load.toFixed(2)} at the start`
}

/** Prints a row of a bench. */
export function row(label, text, verdict = '') {
  console.log(`${label.padEnd(48)} ${text}${verdict ? `   ${verdict}` : ''}`)
}

/** Whether a target was met. */
export function against(value, target, unit = '') {
  return `${value <= target ? 'met' : 'MISSED'}: at most ${target}${unit}`
}

/** Runs a Node program with this Node, and parses the last line of what it prints. */
export function runNode(args, env = {}) {
  const output = execFileSync(process.execPath, args, {
    encoding: 'utf8',
    env: cleanEnvironment(env),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  return JSON.parse(output.trim().split('\n').at(-1))
}
