import { readFile, stat } from 'node:fs/promises'
import * as z from 'zod/mini'
import { CarbonError } from './carbon-error.ts'
import { parseInstant } from './instant.ts'
import type { IntensityBasis, IntensityKind } from './intensity.ts'
import { defineIntensitySource, type IntensitySourceFactory, MOST_GRAMS } from './intensity-source.ts'
import type { IntensityStep } from './intensity-step.ts'
import { basisOption, kindOption, optionsOf, textOption } from './source-options.ts'

const HEADER = 'time,gramsPerKilowattHour'
/** Some ten years of rows every five minutes. */
const MOST_BYTES = 64 * 2 ** 20
const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i

/** Options of the source `csv`. */
export interface CsvOptions {
  /** The file; relative to the working directory of the process that opens it. */
  readonly path: string
  /** By default `average`. */
  readonly kind?: IntensityKind | undefined
  /** By default `lifecycle`. */
  readonly basis?: IntensityBasis | undefined
  /** By default the run's. */
  readonly zone?: string | undefined
}

/** The source `csv`: figures of the user's own, `time,gramsPerKilowattHour`; each row holds until the next. */
export const csvSource: IntensitySourceFactory<CsvOptions> = defineIntensitySource(import.meta.url, {
  name: 'csv',
  options: optionsOf({
    path: textOption,
    kind: z._default(kindOption, 'average'),
    basis: z._default(basisOption, 'lifecycle'),
    zone: z.optional(textOption),
  }),
  labels: ({ kind, basis, zone }) => ({ kind, basis, zone }),
  async open({ path, kind, basis, zone: given }, context) {
    const zone = given ?? context.zone
    const labels = { kind, basis, source: 'csv', estimated: false, ...(zone === undefined ? {} : { zone }) }
    const steps = parseCsv(await boundedFile(path), path).map((row): IntensityStep => ({ ...row, ...labels }))
    return {
      kind,
      basis,
      ...(zone === undefined ? {} : { zone }),
      latest: async () => steps.findLast(({ from }) => from <= context.clock()),
      history: async () => steps,
      forecast: async () => boundedSteps(steps),
    }
  },
})

/**
 * The rows as a forecast: there the last one holds only as long as the one before it, for nobody foresees that it stays
 * so for ever; and one alone says nothing of when.
 */
function boundedSteps(steps: readonly IntensityStep[]): IntensityStep[] {
  const last = steps.at(-1)
  if (last === undefined || last.to !== undefined) return [...steps]
  const before = steps.at(-2)
  if (before === undefined) return []
  const seconds = (before.to ?? last.from) - before.from
  return [...steps.slice(0, -1), { ...last, to: last.from + seconds }]
}

/**
 * The rows of a CSV as steps; the last one holds on. A row without a figure ends the one before it and tells nothing.
 * Throws `CSV_INVALID`, naming the line. `path`: for messages.
 */
function parseCsv(text: string, path: string): Pick<IntensityStep, 'from' | 'to' | 'gramsPerKilowattHour'>[] {
  const [header, ...lines] = text.replace(/^\uFEFF/, '').split(/\r?\n/)
  if (header?.trim() !== HEADER) throw invalid(path, 1, `expected the header ${HEADER}`)
  const rows: { from: number; grams: number | undefined }[] = []
  for (const [index, line] of lines.entries()) {
    if (line.trim() === '') continue
    const row = parseRow(line, path, index + 2)
    if (row.from <= (rows.at(-1)?.from ?? Number.NEGATIVE_INFINITY)) {
      throw invalid(path, index + 2, 'expected a later time than in the row before')
    }
    rows.push(row)
  }
  return rows.flatMap(({ from, grams }, index) => {
    const to = rows[index + 1]?.from
    return grams === undefined
      ? []
      : [{ from, gramsPerKilowattHour: grams, ...(to === undefined ? {} : { to }) }]
  })
}

function parseRow(line: string, path: string, number: number): { from: number; grams: number | undefined } {
  const cells = line.split(',').map((cell) => cell.trim().replace(/^"(.*)"$/, '$1'))
  const [time = '', figure = ''] = cells
  if (cells.length !== 2) throw invalid(path, number, 'expected two cells')
  const from = parseInstant(time)
  if (from === undefined) {
    throw invalid(path, number, 'expected an ISO 8601 time with its zone, such as 2026-03-29T01:00:00Z')
  }
  if (figure === '') return { from, grams: undefined }
  const grams = NUMBER.test(figure) ? Number(figure) : Number.NaN
  if (!Number.isFinite(grams) || grams < 0)
    throw invalid(path, number, 'expected g/kWh, at least 0, or nothing where it is not known')
  if (grams > MOST_GRAMS)
    throw invalid(path, number, `${grams} g/kWh, expected at most ${MOST_GRAMS}: is it in another unit?`)
  return { from, grams }
}

function invalid(path: string, line: number, why: string): CarbonError {
  return new CarbonError('CSV_INVALID', `${path}, line ${line}: ${why}`)
}

async function boundedFile(path: string): Promise<string> {
  try {
    // A FIFO would block.
    const stats = await stat(path)
    if (!stats.isFile()) throw new Error('it is no file')
    if (stats.size > MOST_BYTES) throw new Error(`${stats.size} bytes, expected at most ${MOST_BYTES}`)
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw new CarbonError('CSV_INVALID', `${path} cannot be read: ${(cause as Error).message}`, cause)
  }
}
