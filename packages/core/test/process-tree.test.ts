import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseBusySeconds, parseProcessStat } from '../src/process-table.ts'
import { type ProcessEntry, ProcessTree } from '../src/process-tree.ts'

const ROOT = 10
const RECORDER = 11

interface Simulated {
  pid: number
  parent: number
  start: string
  own: number
  reaped: number
  state: 'running' | 'zombie'
  /** Whether it descends from the root, whoever is its parent by now. */
  ours: boolean
}

/** Processes that fork, work, end, wait for each other or not, as a kernel keeps book of them. */
class Kernel {
  readonly #processes = new Map<number, Simulated>()
  #next = 200
  #starts = 0
  /** True CPU seconds of the root's descendants. */
  truth = 0

  constructor() {
    for (const pid of [1, ROOT]) this.#add(pid, 0, false)
    this.#add(RECORDER, ROOT, false)
  }

  get table(): ProcessEntry[] {
    return [...this.#processes.values()].map(({ pid, parent, start, own, reaped }) => ({
      pid,
      parent,
      start,
      own,
      reaped,
    }))
  }

  #add(pid: number, parent: number, ours: boolean): void {
    this.#starts++
    const start = String(this.#starts)
    this.#processes.set(pid, { pid, parent, start, own: 0, reaped: 0, state: 'running', ours })
  }

  #pick(number: number): Simulated {
    const running = [...this.#processes.values()].filter(({ state }) => state === 'running')
    return running[number % running.length] as Simulated
  }

  fork(number: number, reuse: boolean): void {
    const parent = this.#pick(number)
    const free = reuse ? [100, 101, 102].find((pid) => !this.#processes.has(pid)) : undefined
    const ours = parent.ours || parent.pid === ROOT
    this.#add(free ?? this.#next++, parent.pid, ours && parent.pid !== RECORDER)
  }

  work(number: number, seconds: number): void {
    const one = this.#pick(number)
    one.own += seconds
    if (one.ours) this.truth += seconds
  }

  end(number: number, ignored: boolean): void {
    const one = this.#pick(number)
    if ([1, ROOT, RECORDER].includes(one.pid)) return
    one.state = 'zombie'
    for (const other of this.#processes.values()) if (other.parent === one.pid) other.parent = 1
    if (ignored) this.#processes.delete(one.pid)
    this.#initReaps()
  }

  wait(number: number): void {
    const parent = this.#pick(number)
    for (const child of [...this.#processes.values()]) {
      if (child.parent !== parent.pid || child.state !== 'zombie') continue
      parent.reaped += child.own + child.reaped
      this.#processes.delete(child.pid)
    }
  }

  #initReaps(): void {
    for (const one of [...this.#processes.values()]) {
      if (one.parent === 1 && one.state === 'zombie') this.#processes.delete(one.pid)
    }
  }
}

const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('fork'), number: fc.nat(50), flag: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('work'), number: fc.nat(50), flag: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('end'), number: fc.nat(50), flag: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('wait'), number: fc.nat(50), flag: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('look'), number: fc.nat(50), flag: fc.boolean() }) },
)

function run(kernel: Kernel, { kind, number, flag }: { kind: string; number: number; flag: boolean }): void {
  if (kind === 'fork') kernel.fork(number, flag)
  if (kind === 'work') kernel.work(number, (number % 7) + 1)
  if (kind === 'end') kernel.end(number, flag)
  if (kind === 'wait') kernel.wait(number)
}

describe('the CPU time of a process tree', () => {
  it('is the true one when it is looked at after every change', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const kernel = new Kernel()
        const tree = new ProcessTree({ pid: ROOT, itself: false }, RECORDER)
        for (const one of steps) {
          run(kernel, one)
          expect(tree.look(kernel.table)).toBeCloseTo(kernel.truth, 6)
        }
      }),
      { numRuns: 500 },
    )
  })

  it('never falls and is never more than the true one, however seldom it is looked at', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const kernel = new Kernel()
        const tree = new ProcessTree({ pid: ROOT, itself: false }, RECORDER)
        let last = 0
        for (const one of steps) {
          run(kernel, one)
          if (one.kind !== 'look') continue
          const seconds = tree.look(kernel.table)
          expect(seconds).toBeLessThanOrEqual(kernel.truth + 1e-9)
          expect(seconds).toBeGreaterThanOrEqual(last - 1e-9)
          last = seconds
        }
      }),
      { numRuns: 500 },
    )
  })

  it('holds the root itself where it belongs to the run', () => {
    const tree = new ProcessTree({ pid: ROOT, itself: true }, RECORDER)
    const table = [
      { pid: ROOT, parent: 1, start: '1', own: 5, reaped: 2 },
      { pid: RECORDER, parent: ROOT, start: '2', own: 100, reaped: 100 },
      { pid: 12, parent: RECORDER, start: '3', own: 100, reaped: 0 },
      { pid: 13, parent: ROOT, start: '4', own: 1, reaped: 0 },
    ]
    expect(tree.look(table)).toBe(8)
    expect([...tree.pids].sort()).toEqual([ROOT, 13])
  })
})

describe('/proc/<pid>/stat', () => {
  const line = (name: string) =>
    `42 (${name}) S 7 42 42 0 -1 4194560 1 2 3 4 150 50 1000 250 20 0 1 0 987654 1 2`

  it('is read, whatever the process calls itself', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 20 }), (name) => {
        expect(parseProcessStat(line(name))).toEqual({
          pid: 42,
          parent: 7,
          start: '987654',
          own: 2,
          reaped: 12.5,
        })
      }),
    )
  })

  it('that is torn or something else is none', () => {
    for (const text of ['', 'garbage', line('x').slice(0, 30), '42 S 7 42']) {
      expect(parseProcessStat(text)).toBeUndefined()
    }
  })
})

describe('/proc/stat', () => {
  it('tells what all CPUs were at work: not idle, not waiting, not stolen', () => {
    const text = 'cpu  1000 200 300 99999 88888 40 60 77777 500 100\ncpu0 1 2 3 4 5 6 7 8 9 10\n'
    expect(parseBusySeconds(text)).toBe(16)
  })

  it('that counts nothing tells nothing', () => {
    expect(parseBusySeconds('cpu  0 0 0 0 0 0 0 0 0 0\n')).toBeUndefined()
    expect(parseBusySeconds('intr 5')).toBeUndefined()
  })
})
