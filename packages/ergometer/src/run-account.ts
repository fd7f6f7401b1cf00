import type { Journal } from '@ergometer/core'

/** Whose bill a run is on: what a provider's carbon report tells rows apart by. */
export interface RunAccount {
  readonly provider: string
  readonly region: string
  /** Absent where nobody told it. */
  readonly account?: string
}

/**
 * The account of a run by the domains that its energy is the sum of: that which a cloud's domain names, or else the place of the
 * machine. A text says why there is none: a run without a place, or of several.
 */
export function accountOfRun(journal: Journal, counted: readonly string[]): RunAccount | string {
  const accounts = new Map<string, RunAccount>()
  for (const id of counted) {
    const found = accountOf(journal, id)
    if (!found) return 'no place: nothing tells in which cloud, account and region it was made'
    accounts.set(JSON.stringify([found.provider, found.region, found.account]), found)
  }
  const [only, ...others] = accounts.values()
  if (!only) return 'no energy is known of it in this month'
  return others.length === 0 ? only : `${accounts.size} places: its energy is of several accounts or regions`
}

function accountOf({ domains, place }: Journal, id: string): RunAccount | undefined {
  const here = place && {
    provider: place.provider,
    region: place.region,
    ...(place.account === undefined ? {} : { account: place.account }),
  }
  const { attributes = {} } = domains.find(({ line }) => line.id === id)?.line.domain ?? {}
  const [provider, region, account] = ['cloud.provider', 'cloud.region', 'cloud.account.id'].map((name) =>
    textOf(attributes[name]),
  )
  if (provider === undefined) return here
  if (region === undefined) return here?.provider === provider ? here : undefined
  if (account !== undefined) return { provider, region, account }
  // What a cloud's interface leaves out, the place tells, if it is the same one.
  return here?.provider === provider && here.region === region ? here : { provider, region }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
