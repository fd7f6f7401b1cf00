import { findOwnCgroup, readCgroupSeconds } from './cgroup-time.ts'
import { readBusySeconds, readProcess, readProcessTable } from './process-table.ts'
import { type ProcessEntry, ProcessTree, type TreeRoot } from './process-tree.ts'

/** How the CPU time of a run was found. */
export type CpuTimeMethod = 'cgroup' | 'process-tree'

/** CPU time since an account was opened, in seconds. */
export interface CpuTime {
  /** Of the run: its process tree, ended children included. */
  readonly own: number
  /** Of all processes of the host: what its CPUs were at work. */
  readonly busy: number
  readonly method: CpuTimeMethod
}

/** What an account needs to see of the host. Undefined: this system does not tell. */
export interface CpuView {
  processes(): readonly ProcessEntry[] | undefined
  process(pid: number): ProcessEntry | undefined
  /** Seconds that all CPUs have been at work since boot. */
  busySeconds(): number | undefined
  /** Folder of the control group of a process, if it holds none but these. */
  ownCgroup(pid: number, processes: ReadonlySet<number>): string | undefined
  cgroupSeconds(folder: string): number | undefined
}

/** The host as this process's own `/proc` and control groups show it. */
export const realCpuView: CpuView = {
  processes: readProcessTable,
  process: readProcess,
  busySeconds: readBusySeconds,
  ownCgroup: findOwnCgroup,
  cgroupSeconds: readCgroupSeconds,
}

/** Seconds between two looks: this share of the run so far, at least and at most. */
const LOOK_SHARE = 0.05
const LOOK_LEAST = 1
const LOOK_MOST = 30
/** No tree of processes is deeper. */
const MOST_ANCESTORS = 100

interface Look {
  readonly busy: number
  readonly tree: number
  /** Of the run's own control group, without the recorder. */
  readonly group?: number
}

/** Keeps account of the CPU time of a run beside that of all the host. */
export class CpuAccount {
  readonly #view: CpuView
  readonly #root: TreeRoot
  readonly #tree: ProcessTree
  readonly #recorder: ProcessTree
  readonly #owned = new Set<number>()
  /** Seconds of the run before which no look is worth its cost. */
  nextLook = 0
  #last: Look | undefined
  #own = 0
  #busy = 0
  #method: CpuTimeMethod = 'cgroup'

  /** `recorder`: number of the recorder's process, which is metered by nobody. */
  constructor(root: TreeRoot, recorder: number, view: CpuView) {
    this.#view = view
    this.#root = root
    this.#tree = new ProcessTree(root, recorder)
    this.#recorder = new ProcessTree({ pid: recorder, itself: true }, 0)
  }

  /** Looks now, `at` seconds of the run. The first look opens the account. Undefined where the system does not tell. */
  look(at = 0): CpuTime | undefined {
    this.nextLook = at + Math.min(LOOK_MOST, Math.max(LOOK_LEAST, at * LOOK_SHARE))
    const now = this.#see()
    if (!now) return undefined
    const last = this.#last ?? now
    this.#last = now
    const grouped = now.group !== undefined && last.group !== undefined
    if (!grouped) this.#method = 'process-tree'
    const own = grouped ? (now.group ?? 0) - (last.group ?? 0) : now.tree - last.tree
    this.#own += Math.max(0, own)
    this.#busy += Math.max(0, now.busy - last.busy)
    return { own: this.#own, busy: this.#busy, method: this.#method }
  }

  /** True if a process is of the run: it, or one of its ancestors, is in the run's tree, or was when it lived. */
  owns(pid: number): boolean {
    // What is told of a process may come when it has ended.
    if (this.#view.process(pid) === undefined) return this.#owned.has(pid)
    const own = this.#descends(pid)
    if (own) this.#owned.add(pid)
    else this.#owned.delete(pid)
    return own
  }

  #descends(pid: number): boolean {
    const { pid: root, itself } = this.#root
    const members = this.#tree.pids
    for (let at: number | undefined = pid, steps = 0; at !== undefined && steps < MOST_ANCESTORS; steps++) {
      if (at === this.#recorder.root) return false
      if (at === root) return itself || at !== pid
      if (members.has(at)) return true
      at = this.#view.process(at)?.parent
    }
    return false
  }

  #see(): Look | undefined {
    const table = this.#view.processes()
    const busy = this.#view.busySeconds()
    if (table === undefined || busy === undefined) return undefined
    const tree = this.#tree.look(table)
    const recorder = this.#recorder.look(table)
    const folder = this.#view.ownCgroup(
      this.#root.pid,
      new Set([this.#root.pid, ...this.#tree.pids, ...this.#recorder.pids]),
    )
    const group = folder === undefined ? undefined : this.#view.cgroupSeconds(folder)
    return { busy, tree, ...(group === undefined ? {} : { group: group - recorder }) }
  }
}
