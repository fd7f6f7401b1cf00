import { CpuAccount, realCpuView } from './cpu-account.ts'
import { seesHostProcesses } from './process-table.ts'
import type { Recording } from './recording.ts'
import type { Owner } from './share-account.ts'

/** What of a machine's energy is the run's own: the CPU time of its processes, and which processes are its own. */
export class OwnAccount {
  readonly #cpu: CpuAccount
  readonly #say: (message: string) => void

  /**
   * `trainer`: number of the process whose tree is the run's; absent: what its `parent` starts. `recorder`: number of the
   * recorder's, which is metered by nobody. `say` is told, in one line, what cannot be attributed.
   */
  constructor(
    { trainer, parent, recorder }: { trainer: number | undefined; parent: number; recorder: number },
    say: (message: string) => void,
  ) {
    const root = { pid: trainer ?? parent, itself: trainer !== undefined }
    this.#cpu = new CpuAccount(root, recorder, realCpuView)
    this.#say = say
  }

  /** Notes the CPU time of the run and of the host at a second of the run, if it is worth a look, or is the last. */
  note(recording: Recording, at: number, last = false): void {
    if (!last && at < this.#cpu.nextLook) return
    const time = this.#cpu.look(at)
    if (time) recording.addCpuTime(at, time)
    else this.#say('this system does not tell the CPU time of processes: no share is attributed')
  }

  /**
   * Whose a consumer of a GPU is; undefined: that cannot be told. Processes go by the numbers that the driver knows, which a
   * container may not see.
   */
  ownerOf(consumer: string): Owner | undefined {
    if (consumer === 'idle') return 'idle'
    if (consumer === 'run') return 'own'
    const pid = /^pid:(\d+)$/.exec(consumer)?.[1]
    if (pid === undefined) return 'others'
    if (seesHostProcesses()) return this.#cpu.owns(Number(pid)) ? 'own' : 'others'
    this.#say(
      'the processes of the GPUs cannot be told here: a container sees other process numbers (docker run --pid=host)',
    )
    return undefined
  }
}
