import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, isAbsolute, join } from 'node:path'
import type { MeterContext } from '@ergometer/meter'
import type { TimedValue } from './rung.ts'

/** Milliseconds between two lines of a GPU. */
const LOOP = 500
/** Seconds that its first lines may take: without persistence mode it wakes the GPUs up. */
const PATIENCE = 3
/** Seconds until one that has ended is started again. */
const AGAIN = 5
/** So many samples wait to be taken, for each GPU. */
const MOST_WAITING = 1000
const LONGEST_LINE = 1000

/** A GPU as `nvidia-smi` shows it. */
export interface SmiGpu {
  readonly uuid: string
  readonly name: string
}

/** Where `nvidia-smi` is; undefined if it is nowhere in the path. */
export function findSmi({ PATH = '' }: MeterContext['env']): string | undefined {
  const folders = PATH.split(delimiter).filter(isAbsolute)
  return folders.map((folder) => join(folder, 'nvidia-smi')).find((file) => existsSync(file))
}

/** Power as one `nvidia-smi` tells it that runs all the time. */
export class SmiPower {
  readonly #program: string
  readonly #context: MeterContext
  readonly #waiting = new Map<string, TimedValue[]>()
  readonly #names = new Map<string, string>()
  #child: ChildProcess | undefined
  #startedAt = Number.NEGATIVE_INFINITY
  #heard: () => void = () => {}

  constructor(program: string, context: MeterContext) {
    this.#program = program
    this.#context = context
    context.signal.addEventListener('abort', () => this.close())
    this.#start()
  }

  /** The GPUs that show power, once it has told of each; none if it tells nothing in time. */
  async gpus(): Promise<SmiGpu[]> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, PATIENCE * 1000)
      this.#heard = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    return [...this.#names].map(([uuid, name]) => ({ uuid, name }))
  }

  /** Takes out what it has told of a GPU: mW, and when. Throws an Error when it has ended and told no more. */
  take(uuid: string): readonly TimedValue[] {
    const values = this.#waiting.get(uuid) ?? []
    this.#waiting.delete(uuid)
    if (this.#child !== undefined || values.length > 0) return values
    if (this.#context.clock() - this.#startedAt > AGAIN) this.#start()
    throw new Error('nvidia-smi has ended: it is started again')
  }

  /** Ends it. */
  close(): void {
    this.#child?.kill('SIGKILL')
  }

  #start(): void {
    this.#startedAt = this.#context.clock()
    const query = ['--query-gpu=uuid,name,power.draw', '--format=csv,noheader,nounits', `--loop-ms=${LOOP}`]
    const child = spawn(this.#program, query, {
      env: { ...this.#context.env },
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    this.#child = child
    let rest = ''
    const seen = new Set<string>()
    child.stdout.setEncoding('utf8')
    child.stdout.on('data', (text: string) => {
      const lines = (rest + text).split('\n')
      rest = (lines.pop() ?? '').slice(-LONGEST_LINE)
      for (const line of lines) this.#hear(line, seen)
    })
    const ended = (): void => {
      if (this.#child === child) this.#child = undefined
      this.#heard()
    }
    child.on('error', ended)
    child.on('exit', ended)
  }

  #hear(line: string, seen: Set<string>): void {
    const [uuid = '', name = '', watts = ''] = line.split(',').map((cell) => cell.trim())
    if (!uuid.startsWith('GPU-')) return
    // The first GPU comes again when all have been told.
    if (seen.has(uuid)) this.#heard()
    seen.add(uuid)
    const value = Number(watts) * 1000
    if (watts === '' || !(value > 0)) return
    this.#names.set(uuid, name)
    const values = this.#waiting.get(uuid) ?? []
    if (values.length < MOST_WAITING) values.push({ time: this.#context.clock(), value })
    this.#waiting.set(uuid, values)
  }
}
