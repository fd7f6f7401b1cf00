import { ErgometerError, type Report } from '@ergometer/core'

/** Which runs to list, and in which order; texts as they come from the command line. */
export interface RunChoice {
  readonly tag?: readonly string[] | undefined
  readonly status?: string | undefined
  readonly named?: string | undefined
  readonly sort?: string | undefined
  readonly limit?: string | undefined
}

const ORDERS: Readonly<Record<string, (report: Report) => number | undefined>> = {
  started: ({ run }) => Date.parse(run.startedAt),
  seconds: ({ run }) => run.seconds,
  energy: ({ energy }) => energy.joules,
  carbon: ({ carbon }) => carbon.gramsCo2e,
}

/** Keys that runs can be sorted by. */
export const RUN_ORDERS = Object.keys(ORDERS)

/**
 * Those runs that have all the tags (`name=value`, or a name alone), this status, and this text in their name; sorted, the
 * greatest last, as many as wanted, and those the last. What is unknown comes first.
 * @throws ErgometerError `SETTINGS_INVALID` for a limit that is none
 */
export function chooseRuns(reports: readonly Report[], choice: RunChoice): Report[] {
  const { tag = [], status, named, sort = 'started', limit } = choice
  const chosen = reports.filter(
    ({ run }) =>
      tag.every((one) => hasTag(run.tags, one)) &&
      (status === undefined || run.status === status) &&
      (named === undefined || run.name.includes(named)),
  )
  const order = ORDERS[sort] ?? (() => undefined)
  const sorted = chosen.sort((a, b) => (order(a) ?? -1) - (order(b) ?? -1))
  if (limit === undefined) return sorted
  const count = Number(limit)
  if (Number.isSafeInteger(count) && count > 0) return sorted.slice(-count)
  throw new ErgometerError('SETTINGS_INVALID', `--limit '${limit}': expected a whole number above 0`)
}

function hasTag(tags: Report['run']['tags'], text: string): boolean {
  const at = text.indexOf('=')
  if (at < 0) return Object.hasOwn(tags, text)
  return tags[text.slice(0, at)] === text.slice(at + 1)
}
