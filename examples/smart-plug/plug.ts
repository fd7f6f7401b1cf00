import { type Domain, defineMeter, MeterError } from '@ergometer/meter'

/** A smart plug that this machine hangs on, whole and alone. Its environment says which, and where it is. */
export default defineMeter(import.meta.url, {
  name: 'plug',
  open(_options, { env, fetch }) {
    const { url, domain, find } = plugOf(env)
    return {
      domains: [domain],
      async read(record, signal) {
        // A plug that answers with a redirect is none.
        const reply = await fetch(url, { signal, redirect: 'error' }).catch(({ cause, message }) => {
          throw unreadable(cause?.code ?? message)
        })
        if (!reply.ok) throw unreadable(`status ${reply.status}, expected 200: is a password set?`)
        const value = find((await reply.json().catch(() => undefined)) as Reply | undefined)
        if (!Number.isFinite(value)) throw unreadable('no number there: does this plug measure?')
        record(0, value as number)
      },
    }

    function unreadable(why: string): MeterError {
      return new MeterError(`${url}: ${why}`, { outcome: 'retry', code: 'PLUG_UNREADABLE' })
    }
  },
})

interface Reply {
  readonly apower?: unknown
  readonly aenergy?: { total?: unknown }
  readonly StatusSNS?: { ENERGY?: { Power?: unknown } }
}

function plugOf(env: Readonly<Record<string, string | undefined>>): {
  url: string
  domain: Domain
  find: (reply: Reply | undefined) => unknown
} {
  const plug = { id: 'plug', kind: 'host', method: 'measured', feeds: 'this-host', maxWatts: 4000 } as const
  const power = { ...plug, reads: { quantity: 'power' }, updatePeriod: 1 } as const
  if (env['TASMOTA_ADDRESS']) {
    const url = `http://${env['TASMOTA_ADDRESS']}/cm?cmnd=Status%2010`
    // Its counter has steps of 1 Wh: power tells more.
    return { url, domain: { ...power, label: 'Tasmota' }, find: (reply) => reply?.StatusSNS?.ENERGY?.Power }
  }
  if (!env['SHELLY_ADDRESS']) {
    throw new MeterError('set SHELLY_ADDRESS or TASMOTA_ADDRESS', { outcome: 'fatal', code: 'PLUG_UNKNOWN' })
  }
  const url = `http://${env['SHELLY_ADDRESS']}/rpc/Switch.GetStatus?id=0`
  if (env['SHELLY_READS'] !== 'energy') {
    return { url, domain: { ...power, label: 'Shelly' }, find: (reply) => reply?.apower }
  }
  // Watt hours to the thousandth, renewed about once a minute: for hours, not for phases.
  const reads = { quantity: 'energy', joulesPerCount: 3600 } as const
  return {
    url,
    domain: { ...plug, label: 'Shelly', reads, updatePeriod: 60 },
    find: (reply) => reply?.aenergy?.total,
  }
}
