import { chmodSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import type { SimulatedMachine } from './simulated-machine.ts'

/** Puts an `nvidia-smi` into the machine that tells lines, again and again or `times`. */
export function addSmi(machine: SimulatedMachine, lines: readonly string[], times = 1000): string {
  const log = machine.write('smi-arguments', '')
  const file = machine.write(
    'bin/nvidia-smi',
    `#!${process.execPath}
const { appendFileSync } = require('node:fs')
appendFileSync(${JSON.stringify(log)}, process.argv.slice(2).join(' ') + '\\n')
let left = ${times}
const tell = () => {
  if (left-- <= 0) process.exit(1)
  process.stdout.write(${JSON.stringify(lines.map((line) => `${line}\n`).join(''))})
}
tell()
setInterval(tell, 20)
`,
  )
  chmodSync(file, 0o755)
  return log
}

/** Reads until something holds, in as much real time as it takes. */
export async function readUntil(machine: SimulatedMachine, condition: () => boolean): Promise<void> {
  for (let wait = 0; wait < 500 && !condition(); wait++) {
    await sleep(10)
    machine.simulation.advance(0.02)
    await machine.read()
  }
  expect(condition()).toBe(true)
}
