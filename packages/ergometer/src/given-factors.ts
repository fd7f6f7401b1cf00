import { bundledIntensity } from '@ergometer/carbon'
import { ErgometerError, type GivenFactors, redactValue } from '@ergometer/core'
import type { Settings } from './settings.ts'
import { type ChosenSource, requestSource } from './source-request.ts'
import { unknownZone } from './unknown-zone.ts'

/** Factors as settings give them, and the source that is to be opened for them. */
export interface ChosenFactors {
  readonly given: GivenFactors
  readonly source?: ChosenSource
  /** True when the bundled table was named as the source, in place of any other. */
  readonly bundled?: boolean
}

const PLAIN = ['zone', 'intensity', 'pue', 'overhead', 'water', 'embodied', 'parameters'] as const

/**
 * The factors of settings; nothing is asked yet.
 * @throws ErgometerError `SETTINGS_INVALID` for a zone that neither the bundled table nor a source can know, and what `requestSource` throws
 */
export async function chooseFactors(settings: Settings): Promise<ChosenFactors> {
  const chosen = settings.source === undefined ? undefined : await requestSource(settings.source)
  const bundled = chosen?.request.name === 'bundled' && chosen.request.module === undefined
  // The bundled table is what is used without a source; its zone may stand in its options.
  const zone = bundled ? (zoneOption(chosen) ?? settings.zone) : settings.zone
  const source = bundled ? undefined : chosen
  if (zone !== undefined && !source && !bundledIntensity(zone)) {
    throw new ErgometerError('SETTINGS_INVALID', `zone: ${unknownZone(zone)}`)
  }
  const plain = PLAIN.map((key) => [key, key === 'zone' ? zone : settings[key]]).filter(
    ([, value]) => value !== undefined,
  )
  return {
    given: {
      ...Object.fromEntries(plain),
      ...(source ? { source: redactValue(source.given) as ChosenSource['given'] } : {}),
    },
    ...(source ? { source } : {}),
    ...(bundled ? { bundled } : {}),
  }
}

function zoneOption({ request: { options } }: ChosenSource): string | undefined {
  const { zone } = (options ?? {}) as { zone?: unknown }
  return typeof zone === 'string' ? zone : undefined
}
