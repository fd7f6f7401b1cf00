import { doctorText } from '@ergometer/report'
import type { Command } from 'commander'
import { addHomeFlags, addMeterFlags, commandSettings, type Flags } from './cli-flags.ts'
import { requestMeters } from './meter-request.ts'
import { print, printJson } from './print.ts'
import { examine } from './probe-meters.ts'
import { terminal } from './terminal.ts'

interface DoctorFlags extends Flags {
  json?: boolean
}

/** Adds `ergometer doctor`: what can be measured here. `refuse` is told of the exit code when nothing can. */
export function addDoctorCommand(program: Command, refuse: () => void): void {
  const doctor = program
    .command('doctor')
    .description('what can be measured here, what not, why, and the safe fix')
    .option('--json', 'as JSON')
  addHomeFlags(addMeterFlags(doctor)).action(async ({ json, ...flags }: DoctorFlags) => {
    const { placeFinding } = await import('./doctor-place.ts')
    const { settings } = await commandSettings(flags)
    const requests = requestMeters(settings.meters, process.cwd())
    const [meters, place] = await Promise.all([examine(requests), placeFinding()])
    const found = place ? { ...meters, place } : meters
    if (json) printJson(found)
    else print(doctorText(found, terminal.options(process.stdout)))
    if (found.verdict !== 'measured') refuse()
  })
}
