import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { LiveTotals, Report } from '@ergometer/core'
import { SimulatedNvml } from '../../node-nvml/test/simulated-nvml.ts'
import type { World } from './worlds.ts'

/** The command and the library as they are published. */
export const CLI = fileURLToPath(new URL('../../ergometer/dist/cli.js', import.meta.url))
export const LIBRARY = new URL('../../ergometer/dist/index.js', import.meta.url).href

/** How a process ended, what it printed, and when it ended. */
export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A command that tells where its events go and what its number is, and ends when its input does. */
const WAITING = `
console.log(process.env.ERGOMETER_EVENTS + '\\n' + process.pid)
process.stdin.resume()
process.stdin.on('end', () => process.exit(0))
`

/** A machine whose GPUs are simulated in real time, and the processes that meter it. */
export class LiveMachine {
  readonly simulation: SimulatedNvml
  readonly folder = mkdtempSync(join(tmpdir(), 'nvml-live-'))
  readonly home = join(this.folder, 'home')
  readonly #world: World
  readonly #children = new Set<ChildProcess>()

  constructor(world: World) {
    this.#world = world
    this.simulation = new SimulatedNvml(world.gpus, { without: world.without ?? [] })
    if (world.powerUsage) this.simulation.fail('nvmlDeviceGetPowerUsage', world.powerUsage)
    for (const [address, node] of Object.entries(world.numaNodes ?? {})) {
      const file = join(this.folder, 'sys/bus/pci/devices', address, 'numa_node')
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, `${node}\n`)
    }
  }

  /** Starts a program in this machine. */
  start(args: readonly string[], more: Record<string, string> = {}): Program {
    const own = /^(ERGOMETER_|HOST_|CUDA_|NVIDIA_|NODE_OPTIONS$|LD_LIBRARY_PATH$)/
    const kept = Object.entries(process.env).filter(([name]) => !own.test(name))
    const env = {
      ...Object.fromEntries(kept),
      ...(this.#world.numaNodes ? { HOST_SYS: join(this.folder, 'sys') } : {}),
      ...this.#world.env,
      ERGOMETER_NVML_LIBRARY: this.simulation.library,
      ERGOMETER_HOME: this.home,
      NO_COLOR: '1',
      ...more,
    }
    const child = spawn(process.execPath, args, { cwd: this.folder, env, stdio: 'pipe' })
    this.#children.add(child)
    return new Program(child)
  }

  /** Starts `ergometer run` with these meters and a command that waits. */
  run(meters: readonly string[], more?: Record<string, string>, flags: readonly string[] = []): Program {
    const all = [...flags, ...meters.flatMap((meter) => ['--meter', meter])]
    return this.start([CLI, 'run', ...all, '--', process.execPath, '-e', WAITING], more)
  }

  /** The report that the recorder has written, which on a busy machine may come after the command's end. */
  async report(): Promise<Report> {
    const runs = join(this.home, 'runs')
    const file = () => join(runs, readdirSync(runs)[0] ?? '', 'report.json')
    await until(() => existsSync(runs) && existsSync(file()) && readFileSync(file(), 'utf8').endsWith('}\n'))
    return JSON.parse(readFileSync(file(), 'utf8'))
  }

  remove(): void {
    for (const child of this.#children) child.kill('SIGKILL')
    this.simulation[Symbol.dispose]()
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 3 })
  }
}

/** A program that was started. */
export class Program {
  stdout = ''
  stderr = ''
  readonly #child: ChildProcess
  readonly #ended: Promise<unknown>

  constructor(child: ChildProcess) {
    this.#child = child
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text
    })
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text
    })
    this.#ended = once(child, 'close')
  }

  /** Totals as the recorder tells them once a second. */
  live(): LiveTotals | undefined {
    try {
      return JSON.parse(readFileSync(join(this.stdout.split('\n')[0] as string, 'live.json'), 'utf8'))
    } catch {
      return undefined
    }
  }

  /** Joules of a domain so far. */
  joules(id: string): number | undefined {
    return this.live()?.domains.find((domain) => domain.id === id)?.joules
  }

  /** Ends its input, and waits until it has ended itself. */
  async end(): Promise<Ended> {
    this.#child.stdin?.end()
    await this.#ended
    return { code: this.#child.exitCode, stdout: this.stdout, stderr: this.stderr }
  }
}

/** Waits until something holds. */
export async function until(condition: () => boolean, seconds = 60): Promise<void> {
  for (const begin = performance.now(); !condition(); ) {
    if (performance.now() - begin > seconds * 1000) throw new Error(`not within ${seconds} s: ${condition}`)
    await sleep(20)
  }
}
