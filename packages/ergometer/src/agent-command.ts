import { ErgometerError, NodeRecorder } from '@ergometer/core'
import { MeterError, monotonicSeconds, realContext } from '@ergometer/meter'
import type { Command } from 'commander'
import { exportsOf, standardExport } from './begin.ts'
import { addExportFlags, addHomeFlags, addMeterFlags, commandSettings, type Flags } from './cli-flags.ts'
import { factorsFrom } from './factors.ts'
import { findRunPlace } from './find-run-place.ts'
import { chooseFactors } from './given-factors.ts'
import { placedSource } from './instance-estimate.ts'
import { LiveExporter, resourceOf } from './live-exporter.ts'
import { requestMeters } from './meter-request.ts'
import { meterSource } from './open-meter.ts'
import type { ExportChoice } from './recorder-message.ts'
import { say, sayHealth } from './say-once.ts'
import { mergeSettings } from './settings.ts'

/** Seconds between two looks whether Prometheus can scrape already. */
const LOOK_EVERY = 0.1

/** Adds `ergometer agent`: the node's meters, exported for as long as it runs. `refuse` is told when nothing can be exported. */
export function addAgentCommand(program: Command, refuse: () => void): void {
  const agent = program
    .command('agent')
    .description("export this node's meters until it is told to stop (SIGTERM, Ctrl-C)")
  addMeterFlags(agent).option('--interval <seconds>', "seconds between two reads (default: each meter's own)")
  agent
    .option('--zone <code>', 'grid zone, whose intensity is exported too')
    .option('--intensity <g/kWh>', "grid intensity, in place of the zone's")
  addExportFlags(agent)
  addHomeFlags(agent).action(async (flags: Flags) => {
    const { settings: chosen } = await commandSettings(flags)
    const settings = mergeSettings(chosen, standardExport(process.env))
    const requests = requestMeters(settings.meters, process.cwd())
    const { given } = await chooseFactors(settings)
    const finding = findRunPlace({ ...realContext(), log: say })
    const factors = factorsFrom(given, [], (await finding)?.place)
    const exports: ExportChoice = exportsOf(settings) ?? { prometheus: true }
    const exporter = new LiveExporter(exports, undefined, say)
    const node: NodeRecorder = new NodeRecorder(
      {
        meters: requests.map((request) =>
          placedSource(request, finding, (one) =>
            meterSource(one, (message, details = {}) => node.log(one.name, message, details)),
          ),
        ),
        interval: settings.interval,
        factors,
      },
      {
        live: (totals) => exporter.take(totals),
        health: (entry) => {
          if (entry.severity !== 'info') sayHealth(entry)
        },
      },
      monotonicSeconds,
    )
    const stopped = signalled()
    await node.start().catch((error: unknown) => {
      if (!(error instanceof MeterError)) throw error
      throw new ErgometerError(error.code, error.message, error)
    })
    if (await exporter.begin(resourceOf())) {
      const announced = announce(node, exports, exporter)
      await stopped
      announced.stop()
    } else refuse()
    await node.end()
    await exporter.end(undefined, false)
  })
}

/** Says once where the metrics are. */
function announce(node: NodeRecorder, { otlp }: ExportChoice, exporter: LiveExporter): { stop(): void } {
  const of = `${node.domains} domain${node.domains === 1 ? '' : 's'}`
  if (otlp) say(`agent: metrics of ${of} are sent over OTLP`)
  const timer = setInterval(() => {
    const { address } = exporter
    if (!address) return
    clearInterval(timer)
    const host = address.host.includes(':') ? `[${address.host}]` : address.host
    say(`agent: metrics of ${of} at http://${host}:${address.port}/metrics`)
  }, LOOK_EVERY * 1000)
  return { stop: () => clearInterval(timer) }
}

/** Resolves when this process is asked to end; asked again, it ends at once. */
function signalled(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve())
  })
}
