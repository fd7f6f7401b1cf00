import { describe, expect, test } from 'vitest'
import { type Domain, declaredDomain, declaredDomains } from '../src/index.ts'
import { domainOf } from './fixture.ts'

const counter = { quantity: 'energy', joulesPerCount: 1e-6, wrapsAt: 2 ** 32 } as const

describe('a domain', () => {
  test('with everything is taken as it is', () => {
    const domain: Domain = {
      id: 'package-0/dram',
      kind: 'memory',
      label: 'DRAM of package 0',
      method: 'measured',
      reads: counter,
      standardUncertainty: { relative: 0.05, shared: 'meter' },
      maxWatts: 200,
      updatePeriod: 0.001,
      lateBy: 60,
      identity: 'memory:package-0',
      within: 'package-0',
      feeds: 'this-host',
      attributes: { socket: 0, vendor: 'x', ecc: true },
    }
    expect(declaredDomain(domain)).toEqual(domain)
  })

  test.each([
    { quantity: 'power' },
    { quantity: 'power', averagedOver: 0.1 },
    { quantity: 'energy', joulesPerCount: 1 },
    { quantity: 'interval-energy' },
  ] as const)('that reads %j is taken', (reads) => {
    expect(declaredDomain(domainOf({ reads }))).toEqual(domainOf({ reads }))
  })

  test('is copied without what is not of the contract', () => {
    const declared = {
      ...domainOf(),
      label: '',
      identity: 7,
      within: null,
      feeds: 'all',
      watts: 9,
      attributes: { a: null, b: Number.NaN, c: 'x' },
    }
    expect(declaredDomain(declared)).toEqual({ ...domainOf(), label: 'only', attributes: { c: 'x' } })
  })

  test('has texts of some length, and attributes of some number', () => {
    const attributes = Object.fromEntries(Array.from({ length: 99 }, (_, at) => [`a${at}`, 'x'.repeat(999)]))
    const domain = declaredDomain(domainOf({ label: 'y'.repeat(999), attributes })) as Domain
    expect(domain.label).toHaveLength(256)
    expect(Object.values(domain.attributes ?? {})).toEqual(Array(32).fill('x'.repeat(256)))
  })

  test('keeps an attribute of an awkward name', () => {
    const attributes = JSON.parse('{"__proto__": "x", "constructor": "y"}')
    const domain = declaredDomain(domainOf({ attributes })) as Domain
    expect(Object.entries(domain.attributes ?? {})).toEqual([
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ])
    expect(Object.getPrototypeOf(domain.attributes)).toBe(Object.prototype)
  })

  test.each([
    [null, 'id: expected'],
    ['domain', 'id: expected'],
    [[], 'id: expected'],
    [{ id: '' }, 'id: expected'],
    [{ id: 'a b' }, 'id: expected'],
    [{ id: 7 }, 'id: expected'],
    [{ kind: 'toaster' }, 'kind: expected one of cpu, memory'],
    [{ kind: 'constructor' }, 'kind: expected one of'],
    [{ method: 'guessed' }, 'method: expected one of measured, modelled, reported'],
    [{ reads: 'power' }, 'reads.quantity: expected power'],
    [{ reads: { quantity: 'joules' } }, 'reads.quantity: expected power'],
    [{ reads: { quantity: 'power', averagedOver: -1 } }, 'reads.averagedOver: expected seconds'],
    [{ reads: { quantity: 'energy' } }, 'reads.joulesPerCount: expected a number above 0'],
    [{ reads: { quantity: 'energy', joulesPerCount: Number.NaN } }, 'reads.joulesPerCount'],
    [{ reads: { ...counter, wrapsAt: 0 } }, 'reads.wrapsAt: expected counts above 0'],
    [{ reads: counter }, 'maxWatts: required beside wrapsAt'],
    [{ maxWatts: 0 }, 'maxWatts: expected a number above 0'],
    [{ maxWatts: null }, 'maxWatts: expected a number above 0'],
    [{ updatePeriod: '1' }, 'updatePeriod: expected a number above 0'],
    [{ lateBy: Number.POSITIVE_INFINITY }, 'lateBy: expected a number above 0'],
    [{ standardUncertainty: 0.05 }, 'standardUncertainty.relative: expected a number above 0'],
    [
      { standardUncertainty: { relative: 0, shared: 'domain' } },
      'standardUncertainty.relative: expected a number above 0; absent when unknown',
    ],
    [{ standardUncertainty: { relative: 0.05 } }, "standardUncertainty.shared: expected 'domain' or 'meter'"],
  ])('that is wrong: %j', (wrong, why) => {
    const declared =
      typeof wrong === 'object' && wrong !== null && !Array.isArray(wrong)
        ? { ...domainOf(), ...wrong }
        : wrong
    expect(declaredDomain(declared)).toEqual(expect.stringContaining(why))
  })
})

describe('a list of domains', () => {
  test('names the one that is wrong', () => {
    expect(declaredDomains([domainOf(), { ...domainOf({ id: 'b' }), kind: 'x' }])).toMatch(
      /^domains\[1\]\.kind: /,
    )
  })

  test('has each id once', () => {
    expect(declaredDomains([domainOf(), domainOf()])).toBe("domains[1].id: 'only' is there twice")
  })

  test.each([undefined, null, 'all', { length: 1 }, Array(1025).fill(domainOf())])(
    'is a list of some length',
    (value) => {
      expect(declaredDomains(value)).toBe('domains: expected an array of at most 1024')
    },
  )
})
