import { conformanceCases } from '@ergometer/meter/conformance'
import type { CheckedCase } from '@ergometer/report'
import { BUILTIN_METERS, type MeterRequest } from './meter-request.ts'

/** Runs the conformance cases that make sense on the real instrument, one after the other. */
export async function* checkMeter({
  builtin,
  module,
  meter,
  options,
}: MeterRequest): AsyncGenerator<CheckedCase> {
  const name = builtin ?? meter
  const reference = {
    module: builtin ? import.meta.resolve(BUILTIN_METERS[builtin] as string) : (module as string),
    ...(name === undefined ? {} : { meter: name }),
    ...(options === undefined ? {} : { options }),
  }
  const importer = new URL('./import-module.js', import.meta.url).href
  const { importModule } = await import(importer)
  for (const { id, title, needs, run } of conformanceCases({ meter: reference, importer, importModule })) {
    // Nobody moves the real world's time and energy.
    if (needs.length > 0) continue
    try {
      yield { id, title, ...(await run()) }
    } catch (error) {
      yield { id, title, result: 'failed', why: (error as Error).message }
    }
  }
}
