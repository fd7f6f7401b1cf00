import { type LooseReference, loadMeter, realContext } from '@ergometer/meter'
import type { CheckedCase } from '@ergometer/report'
import { BUILTIN_METERS, type MeterRequest } from './meter-request.ts'

/**
 * Why a meter cannot work here, as its own probe says: then its instrument is not there to be checked. Undefined where
 * it can, or where that is for the cases to find out.
 * @throws MeterError `METER_OPTIONS_INVALID`
 */
export async function whyUnavailable(request: MeterRequest): Promise<string | undefined> {
  const { importModule } = await import(IMPORTER)
  try {
    const { definition, options } = await loadMeter(referenceOf(request), importModule)
    const answer = await definition.probe?.(options, realContext())
    return answer?.available === false ? String(answer.why) : undefined
  } catch (error) {
    if ((error as { code?: unknown }).code === 'METER_OPTIONS_INVALID') throw error
    return undefined
  }
}

/** Runs the conformance cases that make sense on the real instrument, one after the other. */
export async function* checkMeter(request: MeterRequest): AsyncGenerator<CheckedCase> {
  // The cases are many: who checks no meter does not load them.
  const { conformanceCases } = await import('@ergometer/meter/conformance')
  const { importModule } = await import(IMPORTER)
  const subject = { meter: referenceOf(request), importer: IMPORTER, importModule }
  for (const { id, title, needs, run } of conformanceCases(subject)) {
    // Nobody moves the real world's time and energy.
    if (needs.length > 0) continue
    try {
      yield { id, title, ...(await run()) }
    } catch (error) {
      yield { id, title, result: 'failed', why: (error as Error).message }
    }
  }
}

const IMPORTER = new URL('./import-module.js', import.meta.url).href

function referenceOf({ builtin, module, meter, options }: MeterRequest): LooseReference {
  const name = builtin ?? meter
  return {
    module: builtin ? import.meta.resolve(BUILTIN_METERS[builtin] as string) : (module as string),
    ...(name === undefined ? {} : { meter: name }),
    ...(options === undefined ? {} : { options }),
  }
}
