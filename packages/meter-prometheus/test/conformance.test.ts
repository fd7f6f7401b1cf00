import { hostname } from 'node:os'
import { meterConformance, type World } from '@ergometer/meter/conformance'
import { describe, test } from 'vitest'
import prometheus from '../src/index.ts'
import type { PrometheusOptions } from '../src/prometheus-options.ts'
import { fixture, serve } from './exporter.ts'
import { Clock } from './open-prometheus.ts'
import { PrometheusServer } from './prometheus-server.ts'

/** Seconds in which a load goes up and down, and by which share of its mean. */
const SLOWLY = 600
const SWING = 0.4
/** Joules that a counter has counted before. */
const COUNTED = 4e6

/** Mean watts of each domain: no two alike, so that one cannot pass for another. */
type Watts = Readonly<Record<string, number>>

/** What things draw, by a clock. */
class Load {
  readonly clock = new Clock()
  readonly #begin = this.clock.seconds
  readonly #mean: Watts
  #forgotten: number | undefined

  constructor(mean: Watts) {
    this.#mean = mean
  }

  watts(id: string): number {
    return this.#of(id) * (1 + SWING * Math.sin(this.#phase))
  }

  /** Since the clock began. */
  joules(id: string): number {
    const seconds = this.clock.seconds - this.#begin
    return this.#of(id) * (seconds + SWING * SLOWLY * (1 - Math.cos(this.#phase)))
  }

  /** What a counter of millijoules shows: it did not begin with the clock. */
  millijoules(id: string): number {
    return Math.floor((this.joules(id) - (this.#forgotten ?? -COUNTED)) * 1000)
  }

  /** Lets the counter begin anew at 0. */
  forget(id: string): void {
    this.#forgotten = this.joules(id)
  }

  get #phase(): number {
    return (this.clock.seconds - this.#begin) / SLOWLY
  }

  #of(id: string): number {
    return this.#mean[id] ?? Number.NaN
  }
}

type Mood = 'well' | 'failing' | 'garbling' | 'silent'

/** An exporter: what it once said, with the numbers of a load. */
interface Exporter {
  readonly options: PrometheusOptions
  readonly watts: Watts
  /** The fixture, and where in a line of it which number is. */
  readonly text: string
  readonly numbers: readonly { line: RegExp; id: string; number: (load: Load, id: string) => number }[]
}

const MIG = 'GPU-265c9814-6156-355b-e589-ff2064894f16'
const MIG_OTHER = 'GPU-2d20791a-b4a6-ba59-97f1-e95b99fe5b49'
const POD = 'GPU-6bf47ca9-ad3e-15db-beed-1079a7d74116'
const watts = (load: Load, id: string) => load.watts(id)

const EXPORTERS: Record<string, Exporter> = {
  'dcgm-exporter with MIG, in watts': {
    options: { preset: 'dcgm', url: '', updatePeriod: 1 },
    watts: { [MIG]: 150, [MIG_OTHER]: 100 },
    text: fixture('dcgm-mig'),
    numbers: [
      { line: new RegExp(`^DCGM_FI_DEV_POWER_USAGE.*${MIG}`), id: MIG, number: watts },
      { line: new RegExp(`^DCGM_FI_DEV_POWER_USAGE.*${MIG_OTHER}`), id: MIG_OTHER, number: watts },
    ],
  },
  'dcgm-exporter with its counter, in millijoules': {
    options: { preset: 'dcgm', url: '', updatePeriod: 1 },
    watts: { [POD]: 300 },
    text: fixture('dcgm-pods'),
    numbers: [
      {
        line: new RegExp(`^DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION.*${POD}`),
        id: POD,
        number: (load, id) => load.millijoules(id),
      },
    ],
  },
}

function textOf({ text, numbers }: Exporter, load: Load): string {
  return text
    .split('\n')
    .map((line) => {
      const told = numbers.find((one) => one.line.test(line))
      return told ? line.replace(/\S+$/, String(told.number(load, told.id))) : line
    })
    .join('\n')
}

/** A page that is served over the network. */
async function exporterWorld(exporter: Exporter): Promise<World> {
  const load = new Load(exporter.watts)
  let mood: Mood = 'well'
  const address = await serve((_request, response) => {
    if (mood === 'failing') response.writeHead(503).end()
    else if (mood === 'garbling') response.end('<html>')
    else if (mood === 'well') response.end(textOf(exporter, load))
  })
  return worldOf(load, { ...exporter.options, url: `${address}/metrics` }, (next) => {
    mood = next
  })
}

function worldOf(
  load: Load,
  options: PrometheusOptions,
  be: (mood: Mood) => void,
  advance = (seconds: number) => {
    load.clock.seconds += seconds
  },
): World {
  return {
    options,
    get seconds() {
      return load.clock.seconds
    },
    now: () => new Date(load.clock.now),
    advance,
    joules: (id) => load.joules(id),
    reset: (id) => load.forget(id),
    fail: () => be('failing'),
    garble: () => be('garbling'),
    hang: () => be('silent'),
    heal: () => be('well'),
  }
}

const module = new URL('../dist/index.js', import.meta.url).href

describe.each(Object.keys(EXPORTERS))('%s', (name) => {
  const world = () => exporterWorld(EXPORTERS[name] as Exporter)
  meterConformance({ test, meter: prometheus, world, module })
})

describe('a Prometheus server that scrapes a counter every 15 s', () => {
  const gpu = { __name__: 'DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION', UUID: POD, Hostname: hostname() }

  async function world(): Promise<World> {
    const load = new Load({ [POD]: 300 })
    const server = await new PrometheusServer(load.clock).start()
    const scrape = () => server.scrape(gpu, load.millijoules(POD))
    scrape()
    const advance = (seconds: number) => {
      const end = load.clock.seconds + seconds
      while (load.clock.seconds < end) {
        load.clock.seconds = Math.min(end, 15 * Math.floor(load.clock.seconds / 15) + 15)
        if (load.clock.seconds % 15 === 0) scrape()
      }
    }
    const be = (mood: Mood) => {
      server.answer = {
        well: undefined,
        failing: { status: 503, body: '' },
        garbling: { status: 200, body: '<html>' },
        silent: 'silence' as const,
      }[mood]
    }
    return worldOf(load, { prometheus: server.address, preset: 'dcgm', updatePeriod: 15 }, be, advance)
  }

  meterConformance({ test, meter: prometheus, world, module })
})
