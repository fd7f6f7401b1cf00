import os from 'node:os'
import { MeterError } from '@ergometer/meter'
import type { Machine } from './machine.ts'

/** What is needed of `node:os`; a test gives its own. */
export type OperatingSystem = Pick<typeof os, 'cpus' | 'totalmem' | 'freemem'>

/** macOS and Windows, by `os.cpus()`: one socket, and no telling a virtual machine from a real one. */
export function openPortableMachine(system: OperatingSystem = os): Machine {
  const cpus = system.cpus()
  const [first] = cpus
  if (first === undefined) throw unreadable()
  return {
    name: first.model.trim() || 'unknown CPU',
    sockets: 1,
    logicalCpus: cpus.length,
    virtualised: false,
    cpuShare: 1,
    cpuTimes() {
      let busy = 0
      let idle = 0
      for (const { times } of system.cpus()) {
        busy += times.user + times.nice + times.sys + times.irq
        idle += times.idle
      }
      if (busy + idle <= 0) throw unreadable()
      return { busySeconds: busy / 1000, totalSeconds: (busy + idle) / 1000 }
    },
    memoryBytesInUse: () => system.totalmem() - system.freemem(),
  }
}

function unreadable(): MeterError {
  return new MeterError('os.cpus() shows no CPU times, expected those of every logical CPU', {
    outcome: 'retry',
    code: 'ESTIMATE_UNREADABLE',
  })
}
