/** A process as `/proc/<pid>/stat` shows it. Times in seconds. */
export interface ProcessEntry {
  readonly pid: number
  readonly parent: number
  /** Clock ticks since boot: tells it from a later process of the same number. */
  readonly start: string
  /** CPU time of its own. */
  readonly own: number
  /** CPU time of its ended children, and of theirs, that it has waited for. */
  readonly reaped: number
}

/** Where a tree begins. */
export interface TreeRoot {
  readonly pid: number
  /** Whether the root itself belongs to the tree, or only what it has started. */
  readonly itself: boolean
}

interface Member extends ProcessEntry {
  readonly root: boolean
}

/**
 * CPU time of a process tree, ended children included, from looks at the table of processes. A process that was seen
 * in the tree stays in it when its parent ends. What ends between two looks is found in the time that its parent
 * has waited for; where the parent did not wait, or is gone too, the time seen last is kept.
 */
export class ProcessTree {
  readonly #root: TreeRoot
  readonly #excluded: number
  #members = new Map<number, Member>()
  #lost = 0

  /** `excluded`: the process whose tree is not part of this one: the recorder, which the root may have started. */
  constructor(root: TreeRoot, excluded: number) {
    this.#root = root
    this.#excluded = excluded
  }

  /** Number of the process that the tree begins with. */
  get root(): number {
    return this.#root.pid
  }

  /** Process numbers of the tree as it was seen last. */
  get pids(): ReadonlySet<number> {
    return new Set(this.#members.keys())
  }

  /** Seconds of CPU time that the tree has taken by now. */
  look(table: readonly ProcessEntry[]): number {
    const members = this.#find(table)
    this.#lost += this.#notWaitedFor(members)
    this.#members = members
    let seconds = this.#lost
    for (const member of members.values()) seconds += this.#secondsOf(member)
    return seconds
  }

  #secondsOf({ root, own, reaped }: Member): number {
    return root && !this.#root.itself ? reaped : own + reaped
  }

  #find(table: readonly ProcessEntry[]): Map<number, Member> {
    const children = new Map<number, ProcessEntry[]>()
    for (const entry of table) {
      const siblings = children.get(entry.parent)
      if (siblings) siblings.push(entry)
      else children.set(entry.parent, [entry])
    }
    const members = new Map<number, Member>()
    const add = (entry: ProcessEntry, root: boolean): void => {
      if (entry.pid === this.#excluded || members.has(entry.pid)) return
      members.set(entry.pid, { ...entry, root })
      for (const child of children.get(entry.pid) ?? []) add(child, false)
    }
    for (const entry of table) {
      if (entry.pid === this.#root.pid) add(entry, true)
    }
    for (const entry of table) {
      if (this.#members.get(entry.pid)?.start === entry.start) add(entry, false)
    }
    return members
  }

  /** Time of members that have ended, as far as no other member was credited with it. */
  #notWaitedFor(members: ReadonlyMap<number, Member>): number {
    const survives = ({ pid, start }: Member) => members.get(pid)?.start === start
    let lost = 0
    const owed = new Map<number, number>()
    for (const member of this.#members.values()) {
      if (survives(member)) continue
      const heir = this.#survivingParent(member, survives)
      const seconds = this.#secondsOf(member)
      if (heir) owed.set(heir.pid, (owed.get(heir.pid) ?? 0) + seconds)
      else lost += seconds
    }
    for (const [pid, seconds] of owed) {
      const gained = (members.get(pid)?.reaped ?? 0) - (this.#members.get(pid)?.reaped ?? 0)
      lost += Math.max(0, seconds - gained)
    }
    return lost
  }

  #survivingParent(member: Member, survives: (member: Member) => boolean): Member | undefined {
    let parent = this.#members.get(member.parent)
    const seen = new Set<number>([member.pid])
    while (parent && !survives(parent) && !seen.has(parent.pid)) {
      seen.add(parent.pid)
      parent = this.#members.get(parent.parent)
    }
    return parent && survives(parent) ? parent : undefined
  }
}
