import { type CheckedCase, checkLine, checkVerdict, metersText } from '@ergometer/report'
import type { Command } from 'commander'
import { addHomeFlags, addMeterFlags, commandSettings, type Flags } from './cli-flags.ts'
import { installedMeters } from './installed-meters.ts'
import { type MeterRequest, requestMeters } from './meter-request.ts'
import { print, printJson } from './print.ts'
import { examine } from './probe-meters.ts'
import { say } from './say-once.ts'
import { terminal } from './terminal.ts'

interface MetersFlags extends Flags {
  json?: boolean
}

/** Adds `ergometer meters`, and its `check`. `refuse` is told of the exit code when a check fails, or cannot be made. */
export function addMetersCommand(program: Command, refuse: () => void): void {
  const meters = program
    .command('meters')
    .description("meters and their domains; 'meters check NAME' tests one on the real instrument")
    .option('--json', 'as JSON')
  addHomeFlags(addMeterFlags(meters)).action(async ({ json, ...flags }: MetersFlags) => {
    const { settings } = await commandSettings(flags)
    const found = await examine(requestMeters(settings.meters, process.cwd()))
    // What is installed is told of where nobody named a meter.
    const installed = flags.meter ? [] : installedMeters(process.cwd())
    if (json) printJson([...found.meters, ...installed.map((one) => ({ ...one, installed: true }))])
    else print(metersText(found.meters, installed, terminal.options(process.stdout)))
  })

  meters
    .command('check')
    .argument('<name[={json}]>', 'a meter by name, package or file, with options')
    .description('run the conformance cases on the real instrument, and print a verdict')
    .option('--json', 'as JSON')
    .action(async (name: string, _flags: object, command: Command) => {
      const { json } = command.optsWithGlobals<MetersFlags>()
      const [request] = requestMeters([name], process.cwd()) as [MeterRequest]
      const cases: CheckedCase[] = []
      const { checkMeter, whyUnavailable } = await import('./check-meter.ts')
      const why = await whyUnavailable(request)
      if (why !== undefined) {
        say(
          `meter '${request.name}' is not available here, so nothing was checked: ${why} ('ergometer doctor --meter ${request.name}' tells more)`,
        )
        return refuse()
      }
      for await (const one of checkMeter(request)) {
        cases.push(one)
        if (!json) process.stdout.write(checkLine(one, terminal.options(process.stdout)))
      }
      if (json) printJson(cases)
      else process.stdout.write(checkVerdict(request.name, cases, terminal.options(process.stdout)))
      if (cases.some(({ result }) => result === 'failed')) refuse()
    })
}
