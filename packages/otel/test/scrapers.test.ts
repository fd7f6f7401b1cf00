import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Scrapers } from '../src/scrapers.ts'

const one = {}
const other = {}

describe('the scrape that is due', () => {
  test('is waited for by everybody: two servers of one host have connections of their own', () => {
    const scrapers = new Scrapers()
    for (const at of [0, 10, 20]) scrapers.scraped(one, at)
    for (const at of [2, 17]) scrapers.scraped(other, at)
    expect(scrapers.due(24, 24)).toBe(22.5)
    scrapers.scraped(one, 30)
    expect(scrapers.due(24, 30)).toBe(16.5)
    scrapers.scraped(other, 32)
    expect(scrapers.due(24, 32)).toBe(0)
  })

  test('is had by who comes over another connection, since the first was closed', () => {
    const scrapers = new Scrapers()
    for (const at of [0, 10]) scrapers.scraped(one, at)
    expect(scrapers.due(14, 14)).toBe(15)
    scrapers.closed(one, '::1')
    expect(scrapers.due(14, 15)).toBe(14)
    scrapers.scraped(other, 20)
    scrapers.closed(other, '::1')
    expect(scrapers.due(14, 20)).toBe(0)
  })

  test('of a Prometheus that has come only once may be a minute away', () => {
    const scrapers = new Scrapers()
    scrapers.scraped(one, 3)
    expect(scrapers.due(4, 4)).toBe(90)
    scrapers.scraped(one, 63)
    expect(scrapers.due(4, 63)).toBe(0)
  })

  test('is waited for 20 s where nobody has come, or has come only once', () => {
    const scrapers = new Scrapers()
    expect(scrapers.due(100, 100)).toBe(20)
    scrapers.looked(90)
    expect(scrapers.due(100, 101)).toBe(19)
    scrapers.looked(101)
    expect(scrapers.due(100, 101)).toBe(0)
  })

  test('is not that of a person, where there is a Prometheus', () => {
    const scrapers = new Scrapers()
    for (const at of [0, 15]) scrapers.scraped(one, at)
    for (const at of [18, 19]) scrapers.looked(at)
    expect(scrapers.due(20, 20)).toBe(22.5)
    scrapers.looked(21)
    expect(scrapers.due(20, 21)).toBe(21.5)
    scrapers.scraped(one, 30)
    expect(scrapers.due(20, 30)).toBe(0)
  })

  test('is not expected of who has long been away', () => {
    const scrapers = new Scrapers()
    for (const at of [0, 15]) scrapers.scraped(one, at)
    for (const at of [900, 915]) scrapers.scraped(other, at)
    scrapers.scraped(other, 930)
    expect(scrapers.due(920, 930)).toBe(0)
  })

  test('never takes longer than 90 s', () => {
    const times = fc.array(fc.tuple(fc.boolean(), fc.boolean(), fc.double({ min: 0, max: 1e4, noNaN: true })))
    fc.assert(
      fc.property(times, fc.double({ min: 0, max: 1e4, noNaN: true }), (all, since) => {
        const scrapers = new Scrapers()
        for (const [scraper, first, at] of all) {
          if (scraper) scrapers.scraped(first ? one : other, at)
          else scrapers.looked(at)
        }
        const due = scrapers.due(since, since)
        expect(due).toBeGreaterThanOrEqual(0)
        expect(due).toBeLessThanOrEqual(90 + 1e-9)
        expect(scrapers.due(since, since + 91)).toBe(0)
      }),
    )
  })
})
