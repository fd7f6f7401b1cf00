import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

// A powercap tree for the benches of RAPL: packages and their memory, removed when the bench ends.

const RANGE = 262_143_328_850
/** Far from a further digit, so that half of a number is never seen. */
export const START = 100_000_000_000

/** Makes a tree of two zones for each package; its root, and the paths of its counters. */
export function raplTree(packages) {
  const sysRoot = mkdtempSync(join(tmpdir(), 'ergometer-powercap-'))
  process.once('exit', () => rmSync(sysRoot, { recursive: true, force: true }))
  const counters = []
  for (let index = 0; index < packages; index++) {
    const zones = [
      [`intel-rapl:${index}`, `package-${index}`],
      [`intel-rapl:${index}:0`, 'dram'],
    ]
    for (const [id, name] of zones) {
      const folder = join(sysRoot, 'class/powercap', id)
      mkdirSync(folder, { recursive: true })
      writeFileSync(join(folder, 'name'), `${name}\n`)
      writeFileSync(join(folder, 'max_energy_range_uj'), `${RANGE}\n`)
      writeFileSync(join(folder, 'energy_uj'), `${START}\n`)
      counters.push(join(folder, 'energy_uj'))
    }
  }
  return { sysRoot, counters }
}
