import {
  bundledIntensity,
  IntensityCurve,
  type IntensitySource,
  type IntensityStep,
  worldIntensity,
} from '@ergometer/carbon'
import { describe, expect, test } from 'vitest'
import { IntensityFeed } from '../src/intensity-feed.ts'
import { LiveGrams } from '../src/live-grams.ts'

const labels = { kind: 'average', basis: 'lifecycle' } as const
const BEGIN = 1_700_000_000

function step(from: number, to: number, grams: number): IntensityStep {
  const figure = { gramsPerKilowattHour: grams, ...labels, source: 'test', estimated: false }
  return { from: BEGIN + from, to: BEGIN + to, ...figure }
}

/** A feed of a source that answers by `history`, with a clock that the test moves on. */
function world(history: IntensitySource['history'], open: () => Promise<void> = async () => {}) {
  const told: IntensityStep[] = []
  const trouble: string[] = []
  const clock = { now: BEGIN }
  let opened = 0
  const feed = new IntensityFeed(
    {
      name: 'test',
      open: async () => {
        opened++
        await open()
        return { ...labels, zone: 'FR', latest: async () => undefined, history }
      },
    },
    new IntensityCurve(labels, [], worldIntensity()),
    BEGIN,
    {
      wall: () => clock.now,
      write: (one) => told.push(one),
      trouble: (message) => trouble.push(message),
    },
  )
  return { feed, told, trouble, clock, opened: () => opened }
}

describe('a feed of intensity', () => {
  test('writes what is new or revised, once, and asks no more often than every five minutes', async () => {
    let answer = [step(0, 3600, 100)]
    const asked: [number, number][] = []
    const { feed, told, clock, opened } = world(async (from, to) => {
      asked.push([from - BEGIN, to - BEGIN])
      return answer
    })
    for (const now of [0, 10, 299, 300, 301, 600]) {
      clock.now = BEGIN + now
      feed.tick()
      await feed.last()
    }
    expect(told).toEqual([step(0, 3600, 100)])
    expect(asked).toEqual([
      [0, 1],
      [0, 300],
      [0, 600],
    ])
    expect(opened()).toBe(1)
    answer = [step(0, 3600, 120), step(3600, 7200, 80)]
    clock.now = BEGIN + 3700
    await feed.last()
    expect(told.slice(1)).toEqual(answer)
    expect(feed.curve.steps).toEqual(answer)
    expect(feed.gramsPerKilowattHour).toBe(80)
  })

  test('takes another stand-in once it is known, if it is of the same kind and basis, and forgets nothing', async () => {
    const { feed, clock } = world(async () => [step(0, 10, 100)])
    await feed.last()
    const france = bundledIntensity('FR')
    feed.standInBy(new IntensityCurve(labels, [], france))
    clock.now = BEGIN + 5
    expect(feed.gramsPerKilowattHour).toBe(100)
    expect(feed.curve.standIn).toEqual(france)
    const direct = { kind: 'average', basis: 'direct' } as const
    feed.standInBy(new IntensityCurve(direct, [], bundledIntensity('gcp:europe-north1')))
    feed.standInBy(new IntensityCurve(labels))
    expect(feed.curve.standIn).toEqual(france)
    expect(feed.curve.steps).toEqual([step(0, 10, 100)])
  })

  test('says in one line why there is nothing, and what stands in; it tries again later', async () => {
    let broken = true
    const { feed, told, trouble, clock } = world(
      async () => [step(0, 9000, 100)],
      async () => {
        if (broken) throw new Error('no token\nat some place')
      },
    )
    feed.tick()
    await feed.last()
    expect(new Set(trouble)).toEqual(
      new Set(['no token; WORLD yearly figure of 2024 stands in where it tells nothing: 472.94 g/kWh']),
    )
    expect(feed.gramsPerKilowattHour).toBe(472.94)
    broken = false
    clock.now += 301
    feed.tick()
    await feed.last()
    expect([told.length, feed.gramsPerKilowattHour]).toEqual([1, 100])
  })

  test('takes nothing after its end', async () => {
    let answer: (steps: IntensityStep[]) => void = () => {}
    const { feed, told, trouble } = world(() => new Promise((resolve) => (answer = resolve)))
    feed.tick()
    await new Promise((resolve) => setImmediate(resolve))
    const last = feed.last()
    feed.close()
    answer([step(0, 10, 1)])
    await Promise.race([last, new Promise((resolve) => setImmediate(resolve))])
    expect([told, trouble]).toEqual([[], []])
  })
})

describe('grams of a run that goes on', () => {
  test('count each joule at the intensity of its time, and never fall', () => {
    const grams = new LiveGrams()
    expect(grams.upTo(3.6e6, undefined)).toBeUndefined()
    // What came before any intensity waited for this one.
    expect(grams.upTo(7.2e6, 100)).toBe(200)
    expect(grams.upTo(7.2e6, 900)).toBe(200)
    expect(grams.upTo(3.6e6, 900)).toBe(200)
    expect(grams.upTo(10.8e6, 50)).toBe(250)
    expect(grams.upTo(14.4e6, undefined)).toBe(250)
    expect(grams.upTo(14.4e6, 0)).toBe(250)
  })
})
