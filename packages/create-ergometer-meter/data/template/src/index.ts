import { readFile } from 'node:fs/promises'
import { defineMeter, type MeterContext, MeterError } from '@ergometer/meter'
import * as z from 'zod'

const options = z.strictObject({
  /** File that holds the watts of now, as a number. */
  file: z.string(),
})

/** The meter `my-meter`: watts that something writes into a file. */
export default defineMeter(import.meta.url, {
  name: 'my-meter',
  options,
  // Seconds between two reads.
  interval: 1,

  // Optional: says quickly, and without harm, whether the meter can work here, and if not, what would mend it.
  async probe({ file }) {
    try {
      await readFile(file)
      return { available: true }
    } catch {
      return {
        available: false,
        why: `${file} cannot be read`,
        file,
        fixes: [`let your instrument write its watts into ${file}`],
      }
    }
  },

  // Takes the instrument, and says what it covers.
  open({ file }, _context: MeterContext) {
    return {
      domains: [
        {
          id: 'outlet',
          kind: 'other',
          label: 'Outlet',
          method: 'measured',
          reads: { quantity: 'power' },
          // Nothing behind it can draw more: a bound of plausibility, not a rating.
          maxWatts: 10_000,
        },
      ],

      // Reads once and hands over raw numbers: Ergometer integrates, finds gaps, wraps and resets by itself.
      async read(record, signal) {
        record(0, await readWatts(file, signal))
      },

      // Gives back what was taken: connections, timers, open files.
      close() {},
    }
  },
})

/** A failed read is no reading, and never 0 W: it throws. */
async function readWatts(file: string, signal: AbortSignal): Promise<number> {
  let text: string
  try {
    text = await readFile(file, { encoding: 'utf8', signal })
  } catch (cause) {
    throw new MeterError(`${file} cannot be read`, { outcome: 'retry', code: 'MY_METER_UNREADABLE', cause })
  }
  const watts = text.trim() === '' ? Number.NaN : Number(text)
  if (Number.isFinite(watts) && watts >= 0) return watts
  throw new MeterError(`${file} holds '${text.trim().slice(0, 40)}', expected watts as a number`, {
    outcome: 'retry',
    code: 'MY_METER_NO_NUMBER',
  })
}
