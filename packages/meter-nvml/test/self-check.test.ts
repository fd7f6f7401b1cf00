import fc from 'fast-check'
import { afterEach, describe, expect, it, test } from 'vitest'
import { describeSimulated } from '../../node-nvml/test/describe-simulated.ts'
import { SelfCheck } from '../src/self-check.ts'
import { SimulatedMachine } from './simulated-machine.ts'
import { uuid } from './worlds.ts'

/** What a check says of so many seconds of a counter and a power sensor, read every 100 ms. */
function verdicts(seconds: number, counterWatts: (time: number) => number, watts = counterWatts): number[] {
  const check = new SelfCheck()
  const found: number[] = []
  let joules = 1000
  for (let step = 0; step < seconds * 10; step++) {
    const time = step / 10
    joules += counterWatts(time) / 10
    if (!check.wants(time)) continue
    const verdict = check.add(time, joules, watts(time))
    if (verdict) found.push(verdict.relative)
  }
  return found
}

describe('counter and power', () => {
  test('that agree, however power varies, are left in peace', () => {
    const watts = fc.array(fc.double({ min: 30, max: 700, noNaN: true }), { minLength: 5, maxLength: 20 })
    fc.assert(
      fc.property(watts, (levels) => {
        // A level for half a second each.
        const at = (time: number) => levels[Math.floor(time * 2) % levels.length] as number
        expect(verdicts(30, at)).toEqual([])
      }),
    )
  })

  test('that differ by more than 15 % in two windows of five seconds are found out', () => {
    const factors = fc.oneof(
      fc.double({ min: 0.1, max: 0.84, noNaN: true }),
      fc.double({ min: 1.17, max: 5, noNaN: true }),
    )
    fc.assert(
      fc.property(factors, (factor) => {
        const found = verdicts(
          11,
          () => 300 * factor,
          () => 300,
        )
        expect(found).toHaveLength(1)
        expect(found[0]).toBeCloseTo(Math.abs(factor - 1), 6)
      }),
    )
  })

  test('that differ a little, or once, are not', () => {
    expect(
      verdicts(
        60,
        () => 300,
        () => 270,
      ),
    ).toEqual([])
    expect(
      verdicts(
        60,
        () => 300,
        (time) => (time > 5 && time < 9 ? 100 : 300),
      ),
    ).toEqual([])
  })

  test('are compared again every minute', () => {
    const check = new SelfCheck()
    let wanted = 0
    for (let step = 0; step < 1200; step++) {
      const time = step / 10
      if (!check.wants(time)) continue
      wanted++
      check.add(time, time * 300, 300)
    }
    expect(wanted / 1200).toBeLessThan(0.1)
    expect(wanted).toBeGreaterThan(100)
  })

  it.each([
    ['a gap', (time: number) => (time > 3 ? time + 10 : time), 0],
    ['a counter that falls', (time: number) => time, -5000],
  ])('%s begins a new window', (_, at, jump) => {
    const check = new SelfCheck()
    let joules = 10_000
    for (let step = 0; step < 80; step++) {
      joules += 30 + (step === 30 ? jump : 0)
      expect(check.add(at(step / 10), joules, 300)).toBeUndefined()
    }
  })
})

describeSimulated('a counter that contradicts its power', () => {
  let machine: SimulatedMachine
  afterEach(() => machine.remove())

  test('is said once, and widens the uncertainty', async () => {
    // As seen on some boards: half of what is drawn (zeus#181).
    machine = new SimulatedMachine({ gpus: [{ watts: 65.3, counterWatts: 37.5, quantum: 0.1 }, {}] })
    const { domains } = await machine.open()
    expect(domains[0]?.standardUncertainty?.relative).toBeLessThan(0.1)
    await machine.run(12)
    expect(machine.codes).toEqual(['energy-disagrees'])
    expect(machine.said[0]).toMatchObject({
      severity: 'warning',
      domain: uuid(0),
      message: expect.stringMatching(/counter says 3\d\.\d W where its power sensor says 65\.3 W/),
    })
    expect(Object.keys(machine.uncertainties)).toEqual([uuid(0)])
    expect(machine.uncertainties[uuid(0)]).toBeCloseTo(0.43, 1)
  })
})
