import { setTimeout as sleep } from 'node:timers/promises'
import { fault, hiddenBy, lineOf, notConcerned } from './conformance-case.ts'
import type { ConformanceKit } from './conformance-kit.ts'
import { firstFault } from './conformance-readings.ts'
import type { Rule } from './conformance-rule.ts'
import { observe, stepOf } from './conformance-series.ts'
import { type Trial, WrongDomains } from './conformance-trial.ts'
import { OPEN_DEADLINE, within } from './deadline.ts'
import { MeterError } from './meter-error.ts'
import { isNumber, isObject } from './untrusted.ts'

/** Milliseconds that a read which hangs is left alone, before it is told to stop. */
const ALONE = 20
/** Reads before trouble begins, and after it has ended. */
const FEW = 5

/** The cases about an instrument in trouble. */
export const FAILURE_CASES: readonly Rule[] = [
  {
    id: 'failed-read',
    title: 'records nothing of an instrument that cannot be read',
    needs: ['fail', 'heal'],
    judge: (kit) => judgeMadeUp(kit, 'fail', 'nothing of the instrument could be read'),
  },
  {
    id: 'garbled',
    title: 'records nothing of what is no number',
    needs: ['garble', 'heal'],
    judge: (kit) => judgeMadeUp(kit, 'garble', 'the instrument showed what is no number'),
  },
  {
    id: 'failure-said',
    title: 'says that a read failed',
    needs: ['fail'],
    judge: async (kit) => {
      await kit.needNone('awaited')
      const { failed, readings, trial } = await failing(kit)
      if (failed || readings.length > 0 || trial.lines.length > 0) return
      fault('a read of an instrument that cannot be read ended well: expected a MeterError, or a line of log')
    },
  },
  {
    id: 'failure-error',
    title: 'fails with a MeterError of one line and a code',
    needs: ['fail'],
    judge: async (kit) => {
      const { failed, thrown } = await failing(kit)
      if (!failed) notConcerned('its read does not throw')
      const wrong = errorFault(thrown)
      if (wrong !== undefined) fault(`a failed read ${wrong}`)
    },
  },
  {
    id: 'failure-outcome',
    title: 'says `retry` of a trouble that may pass',
    needs: ['fail', 'heal'],
    judge: async (kit) => {
      const { thrown } = await failing(kit)
      if (!MeterError.isInstance(thrown)) hiddenBy('failure-error')
      if (thrown.outcome === 'retry') return
      fault(
        `a failed read says '${thrown.outcome}' (${thrown.code}), and the meter would not be read again: expected 'retry'`,
      )
    },
  },
  {
    id: 'recovery',
    title: 'reads on once the trouble is over',
    needs: ['fail', 'heal'],
    judge: judgeRecovery,
  },
  {
    id: 'open-failure',
    title: 'opens all the same, or fails with a MeterError',
    needs: ['fail'],
    judge: (kit) =>
      kit.inWorld(async (world) => {
        await world.fail?.()
        const wrong = await kit.tryOpen(world)
        if (wrong instanceof WrongDomains) hiddenBy('domains')
        const problem = wrong === undefined ? undefined : errorFault(wrong)
        if (problem !== undefined) fault(`opening an instrument that cannot be read ${problem}`)
      }),
  },
  {
    id: 'probe',
    title: 'probes as available what it can open',
    needs: [],
    concern: needProbe,
    judge: judgeProbe,
  },
  {
    id: 'probe-failure',
    title: 'probes without throwing, and says why it is not available',
    needs: ['fail'],
    concern: needProbe,
    judge: judgeFailedProbe,
  },
  {
    id: 'abort',
    title: 'gives up a read that is told to stop',
    needs: ['hang', 'heal'],
    judge: (kit) =>
      hanging(kit, async (reading, abort) => {
        abort.abort()
        await within(kit.patience, reading, () =>
          fault(`a read is still under way ${kit.patience} s after its signal aborted`),
        )
      }),
  },
  {
    id: 'close-during-read',
    title: 'closes while a read hangs',
    needs: ['hang', 'heal'],
    judge: async (kit) => {
      if ((await kit.closeFault()) !== undefined) hiddenBy('closes')
      await hanging(kit, async (_, abort, trial) => {
        abort.abort()
        await trial.close(kit.patience).catch((cause) => {
          fault(`closing while a read hangs failed: ${lineOf(cause)}`)
        })
      })
    },
  },
]

/** A read while nothing can be read, and the meter that it was asked of. */
function failing(kit: ConformanceKit) {
  return kit.inTrial(async (trial) => {
    await trial.tryRead()
    await trial.world.fail?.()
    await trial.world.advance(stepOf(trial))
    return { ...(await trial.tryRead()), trial }
  })
}

async function judgeMadeUp(kit: ConformanceKit, trouble: 'fail' | 'garble', what: string): Promise<void> {
  await kit.needNone('fresh', 'energy')
  await kit.inTrial(async (trial) => {
    const { world, domains } = trial
    const step = stepOf(trial)
    await trial.tryRead()
    await world.advance(step)
    await trial.tryRead()
    await world[trouble]?.()
    const since = world.seconds
    await world.advance(step)
    const { readings } = await trial.tryRead()
    const made = readings.find(({ value, time }) => isNumber(value) && time > since)
    if (made) {
      fault(
        `domain '${domains[made.domain]?.id}': recorded ${made.value} while ${what}: a failed read is no reading`,
      )
    }
  })
}

async function judgeRecovery(kit: ConformanceKit): Promise<void> {
  await kit.needSound()
  await kit.inTrial(async (trial) => {
    const { world } = trial
    const step = stepOf(trial)
    await observe(trial, { steps: FEW })
    await world.fail?.()
    await world.advance(step)
    await trial.tryRead()
    await world.heal?.()
    await world.advance(step)
    // The first read may still be about the trouble: a connection that is made anew.
    await trial.tryRead()
    await world.advance(step)
    const found = firstFault(await observe(trial, { steps: FEW }))
    if (found) fault(`after the trouble, ${found.line}`)
  })
}

async function judgeProbe(kit: ConformanceKit): Promise<void> {
  await kit.series()
  await kit.inWorld(async (world) => {
    const answer = await kit
      .probe(world, OPEN_DEADLINE)
      .catch((cause) => fault(`probe threw: ${lineOf(cause)}`))
    if (isObject(answer) && answer['available'] === true) return
    const why = isObject(answer) ? String(answer['why']) : `it answered ${typeof answer}`
    fault(`probe says that it is not available where it opens: ${why}`)
  })
}

/** A meter without a probe is available if it opens. */
async function needProbe(kit: ConformanceKit): Promise<void> {
  const definition = await kit.definition().catch(() => hiddenBy('opens'))
  if (!definition.probe) notConcerned('it has no probe: it is available if it opens')
}

async function judgeFailedProbe(kit: ConformanceKit): Promise<void> {
  await kit.inWorld(async (world) => {
    await world.fail?.()
    const answer: unknown = await kit
      .probe(world, OPEN_DEADLINE)
      .catch((cause) => fault(`probe of an instrument that cannot be read threw: ${lineOf(cause)}`))
    if (!isObject(answer)) fault(`probe answered ${typeof answer}, expected { available, why }`)
    if (answer['available'] === true) {
      const thrown = await kit.tryOpen(world)
      if (thrown !== undefined) fault(`probe says available, and opening fails: ${lineOf(thrown)}`)
      return
    }
    const { why } = answer
    if (typeof why !== 'string' || why.trim() === '' || why.includes('\n')) {
      fault(`probe: why is ${JSON.stringify(why) ?? 'absent'}, expected one line for a person`)
    }
  })
}

/** Does something while a read hangs, and then mends the instrument. */
function hanging(
  kit: ConformanceKit,
  act: (reading: Promise<void>, abort: AbortController, trial: Trial) => Promise<void>,
): Promise<void> {
  return kit.inTrial(async (trial) => {
    const { world } = trial
    await trial.tryRead()
    await world.advance(stepOf(trial))
    await world.hang?.()
    const abort = new AbortController()
    const reading = trial.read(abort.signal).then(
      () => {},
      () => {},
    )
    try {
      await sleep(ALONE)
      await act(reading, abort, trial)
    } finally {
      await world.heal?.()
    }
  })
}

/** What is wrong with something thrown, as the end of a sentence; undefined for a MeterError that a person can use. */
function errorFault(thrown: unknown): string | undefined {
  if (!MeterError.isInstance(thrown)) {
    const kind = thrown instanceof Error ? thrown.name : typeof thrown
    return `threw ${kind} (${lineOf(thrown)}), expected a MeterError with an outcome and a code`
  }
  const { message, code } = thrown
  if (message.trim() === '' || message.includes('\n')) {
    return `threw ${code} with the message ${JSON.stringify(message)}, expected one line`
  }
  if (/^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/.test(code)) return undefined
  return `threw the code '${code}', expected upper case: PLUG_REFUSED`
}
