import { MeterError } from '@ergometer/meter'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openAzure } from '../src/azure-account.ts'
import { metricReply } from '../src/azure-reply.ts'
import type { Bucket } from '../src/bucket.ts'
import { bucketsWithin } from '../src/bucket-window.ts'
import type { CloudAccount } from '../src/cloud-account.ts'
import { energySeries, loadSeries, powerSeries } from '../src/cloud-series.ts'
import { openGoogle } from '../src/google-account.ts'
import { timeSeriesPage } from '../src/google-reply.ts'
import { MACHINE, WORKSPACE } from './azure-monitor.ts'
import { MODEL, TEN, testWorld } from './cloud-test-world.ts'

const domain = { id: 'a', kind: 'gpu', label: 'A', updatePeriod: 60, lateBy: 240 } as const

function iso(seconds: number): string {
  return new Date(seconds * 1000).toISOString()
}

/** The last of each time counts. */
function joulesOf(
  series: { joulesOf(bucket: Bucket): number | undefined },
  buckets: readonly Bucket[],
): number {
  const last = new Map(buckets.map((bucket) => [bucket.from, bucket]))
  return [...last.values()].reduce((sum, bucket) => sum + (series.joulesOf(bucket) ?? 0), 0)
}

/** Figures by their minute, some of them absent. */
const figures = fc.array(fc.option(fc.double({ min: 0, max: 1e6, noNaN: true }), { nil: undefined }), {
  maxLength: 200,
})

describe('the joules of replies', () => {
  it('are those of the figures, in any order and on any pages, though some are told twice', () => {
    fc.assert(
      fc.property(
        figures,
        fc.integer({ min: 1, max: 50 }),
        fc.infiniteStream(fc.nat()),
        (watts, size, chance) => {
          const known = watts.flatMap((value, minute) => (value === undefined ? [] : [{ value, minute }]))
          const order = () => chance.next().value as number
          const shuffled = [...known, ...known.slice(0, 3)]
            .map((one) => ({ one, key: order() }))
            .sort((a, b) => a.key - b.key)
            .map(({ one }) => one)
          const buckets: Bucket[] = []
          for (let first = 0; first < shuffled.length; first += size) {
            const points = shuffled.slice(first, first + size).map(({ value, minute }) => {
              const time = iso(TEN + 60 * (minute + 1))
              return { interval: { startTime: time, endTime: time }, value: { doubleValue: value } }
            })
            const page = timeSeriesPage({ timeSeries: [{ points }] }, 60)
            buckets.push(...(page?.series[0]?.buckets ?? []))
          }
          const truth = known.reduce((sum, { value }) => sum + value * 60, 0)
          expect(joulesOf(powerSeries(domain), buckets)).toBeCloseTo(truth, 3)
        },
      ),
    )
  })

  it('are conserved however time is cut into windows', () => {
    fc.assert(
      fc.property(
        figures,
        fc.array(fc.integer({ min: 1, max: 12_000 }), { maxLength: 8 }),
        (joules, cuts) => {
          const data = joules.map((total, minute) => ({
            timeStamp: iso(TEN + 60 * minute),
            ...(total === undefined ? {} : { total }),
          }))
          const reply = { value: [{ name: { value: 'GpuEnergyJoules' }, timeseries: [{ data }] }] }
          const all = metricReply(reply, 'GpuEnergyJoules', 'Total')?.series[0]?.buckets ?? []
          const edges = [0, ...[...cuts].sort((a, b) => a - b), 12_000].map((second) => TEN + second)
          const seen = edges.slice(1).flatMap((to, index) => bucketsWithin(all, edges[index] as number, to))
          const truth = joules.reduce<number>((sum, one) => sum + (one ?? 0), 0)
          expect(joulesOf(energySeries(domain), seen)).toBeCloseTo(truth, 3)
        },
      ),
    )
  })

  it('of a load lie between those of no load and of full load', () => {
    const model = MODEL.gpu as NonNullable<typeof MODEL.gpu>
    const { joulesOf: joules } = loadSeries(domain, { model, count: 2 })
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1.1, noNaN: true }),
        fc.integer({ min: 1, max: 86_400 }),
        (load, seconds) => {
          const told = joules({ from: 0, to: seconds, value: load }) as number
          expect(told).toBeGreaterThanOrEqual(2 * model.idleWatts * seconds)
          expect(told).toBeLessThanOrEqual(2 * model.peakWatts * seconds)
        },
      ),
    )
    for (const value of [-0.1, 1.2, 55, Number.NaN])
      expect(joules({ from: 0, to: 60, value })).toBeUndefined()
  })
})

describe('a figure of Cloud Monitoring', () => {
  const figureOf = (value: unknown) => {
    const time = '2026-11-29T10:01:00.123456789Z'
    const reply = { timeSeries: [{ points: [{ interval: { startTime: time, endTime: time }, value }] }] }
    return timeSeriesPage(reply, 60)?.series[0]?.buckets[0]?.value
  }

  it('is a number, or an integer as text; all else is absent, and never 0', () => {
    expect(
      [{ doubleValue: 0.5 }, { int64Value: '300' }, { int64Value: 300 }, { int64Value: '-3' }].map(figureOf),
    ).toEqual([0.5, 300, 300, -3])
    const broken = [
      { doubleValue: 'NaN' },
      { doubleValue: 'Infinity' },
      { doubleValue: null },
      { int64Value: '3e5' },
      { int64Value: '' },
      { stringValue: '5' },
      {},
      null,
    ]
    expect(broken.map(figureOf)).toEqual(broken.map(() => undefined))
  })

  it('is of the minute before its time, or of the interval that it names; of no time that has no zone, or is no time', () => {
    const stretch = (startTime: unknown, endTime: unknown) => {
      const reply = {
        timeSeries: [{ points: [{ interval: { startTime, endTime }, value: { doubleValue: 1 } }] }],
      }
      const bucket = timeSeriesPage(reply, 60)?.series[0]?.buckets[0]
      return bucket && [bucket.from - TEN, bucket.to - TEN]
    }
    expect(stretch('2026-11-29T10:01:00Z', '2026-11-29T10:01:00Z')).toEqual([0, 60])
    expect(stretch(undefined, '2026-11-29T11:01:00+01:00')).toEqual([0, 60])
    expect(stretch('2026-11-29T10:01:00Z', '2026-11-29T10:06:00Z')).toEqual([60, 360])
    for (const [start, end] of [
      ['2026-11-29T10:02:00Z', '2026-11-29T10:01:00Z'],
      ['1970-01-01T00:00:00Z', '2026-11-29T10:01:00Z'],
      ['2026-11-29T10:00:00', '2026-11-29T10:01:00'],
      [0, 60],
      ['2026-11-29T10:01:00Z', '2026-13-29T10:01:00Z'],
    ]) {
      expect(stretch(start, end)).toBeUndefined()
    }
  })
})

/** Replies that nobody documents: anything at all, and anything within what is documented. */
const anything = fc.anything({ maxDepth: 4, withNullPrototype: false, withBigInt: false })
const instant = fc.oneof(
  anything,
  fc.integer({ min: -1e9, max: 1e9 }).map((second) => iso(TEN + second)),
)
const point = fc.record({
  interval: fc.oneof(anything, fc.record({ startTime: instant, endTime: instant })),
  value: fc.oneof(anything, fc.record({ doubleValue: fc.oneof(fc.double(), anything) })),
})
const labels = fc.oneof(
  anything,
  fc.record({ labels: fc.oneof(anything, fc.dictionary(fc.string(), fc.string())) }),
)
const googleReply = fc.oneof(
  anything,
  fc.record(
    {
      timeSeries: fc.oneof(
        anything,
        fc.array(
          fc.record(
            {
              metric: labels,
              resource: labels,
              unit: fc.oneof(anything, fc.constantFrom('%', 'W', '10^2.%')),
              points: fc.oneof(anything, fc.array(point)),
            },
            { requiredKeys: ['points'] },
          ),
        ),
      ),
      executionErrors: anything,
    },
    { requiredKeys: ['timeSeries'] },
  ),
)
const azureReply = fc.oneof(
  anything,
  fc.record(
    {
      interval: fc.oneof(anything, fc.constantFrom('PT1M', 'PT1H')),
      value: fc.oneof(
        anything,
        fc.array(
          fc.record({
            name: fc.oneof(
              anything,
              fc.record({ value: fc.constantFrom('Percentage CPU', 'GpuEnergyJoules') }),
            ),
            timeseries: fc.oneof(
              anything,
              fc.array(
                fc.record({
                  metadatavalues: fc.oneof(
                    anything,
                    fc.constant([
                      { name: { value: 'instanceid' }, value: 'n' },
                      { name: { value: 'deviceid' }, value: '0' },
                    ]),
                  ),
                  data: fc.oneof(
                    anything,
                    fc.array(
                      fc.record({
                        timeStamp: instant,
                        average: fc.double(),
                        total: fc.oneof(fc.double(), anything),
                      }),
                    ),
                  ),
                }),
              ),
            ),
          }),
        ),
      ),
    },
    { requiredKeys: ['value'] },
  ),
)

/** Opens, reads, and holds what comes to what may come: joules that are none, or finite and not negative. */
async function survives(
  open: (fetch: typeof globalThis.fetch) => Promise<CloudAccount>,
  reply: unknown,
): Promise<void> {
  try {
    const account = await open(async () => new Response(JSON.stringify(reply) ?? 'undefined'))
    const read = await account.read(TEN, TEN + 600, new AbortController().signal)
    for (const [
      index,
      {
        domain: { id, label },
        joulesOf: joules,
      },
    ] of account.series.entries()) {
      expect(id).toMatch(/^[A-Za-z0-9_./:-]{1,128}$/)
      expect(typeof label).toBe('string')
      for (const bucket of read[index] as readonly Bucket[]) {
        expect(bucket.to).toBeGreaterThan(bucket.from)
        expect(bucket.to - bucket.from).toBeLessThanOrEqual(86_400)
        expect(joules(bucket) ?? 0).toBeGreaterThanOrEqual(0)
      }
    }
  } catch (error) {
    if (!MeterError.isInstance(error)) throw error
  }
}

describe('a hostile reply', () => {
  it('of Cloud Monitoring breaks nothing', async () => {
    await fc.assert(
      fc.asyncProperty(googleReply, fc.constantFrom('instance', 'job', 'tpu'), async (reply, kind) => {
        const { context, world } = testWorld()
        const resource = {
          instance: { instanceId: '1' },
          job: { job: '1' },
          tpu: { tpu: 't', acceleratorType: 'v3-8' },
        }[kind]
        const options = { provider: 'gcp', project: 'my-project', ...resource } as const
        await survives((fetch) => openGoogle(options, { ...context, fetch }, world), reply)
      }),
      { numRuns: 300 },
    )
  })

  it('of Azure Monitor breaks nothing', async () => {
    await fc.assert(
      fc.asyncProperty(azureReply, fc.boolean(), async (reply, isRun) => {
        const { context, world } = testWorld()
        const resource = isRun ? { workspace: WORKSPACE, runId: 'run' } : { resourceId: MACHINE }
        const options = { provider: 'azure', ...resource } as const
        await survives((fetch) => openAzure(options, { ...context, fetch }, world), reply)
      }),
      { numRuns: 300 },
    )
  })

  it('without end is cut off, and one that is no JSON is refused', async () => {
    const { context, world } = testWorld()
    const options = { provider: 'azure', resourceId: MACHINE } as const
    const chunk = new Uint8Array(2 ** 20).fill(32)
    let sent = 0
    const endless = () =>
      new ReadableStream({
        pull(controller) {
          sent++
          controller.enqueue(chunk)
        },
      })
    const open = (body: () => string | ReadableStream) =>
      openAzure(options, { ...context, fetch: async () => new Response(body()) }, world)
    await expect(open(endless)).rejects.toMatchObject({ code: 'CLOUD_REPLY_INVALID' })
    expect(sent).toBeLessThan(40)
    await expect(open(() => '<html>log in</html>')).rejects.toMatchObject({ code: 'CLOUD_REPLY_INVALID' })
  })
})
