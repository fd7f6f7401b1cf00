import { fault, hiddenBy, lineOf, notJudged } from './conformance-case.ts'
import type { ConformanceKit } from './conformance-kit.ts'
import { firstFault } from './conformance-readings.ts'
import type { Rule } from './conformance-rule.ts'
import { observe, observeAll, type Pace, type Series } from './conformance-series.ts'
import { within } from './deadline.ts'
import { MeterError } from './meter-error.ts'

/** Reads of a meter whose sums are looked at. */
const SOME = 6
const SOME_REAL = 2

/** The cases about opening and closing. */
export const LIFECYCLE_CASES: readonly Rule[] = [
  {
    id: 'opened-twice',
    title: 'keeps two openings at the same time apart',
    needs: [],
    judge: judgeTwoAtOnce,
  },
  { id: 'reopens', title: 'reads as before when it is opened anew', needs: [], judge: judgeReopening },
  {
    id: 'closes',
    title: 'closes soon, and without an error',
    needs: [],
    judge: async (kit) => {
      const wrong = await kit.closeFault()
      if (wrong !== undefined) fault(wrong)
    },
  },
  {
    id: 'close-twice',
    title: 'can be closed twice',
    needs: [],
    judge: async (kit) => {
      if ((await kit.closeFault()) !== undefined) hiddenBy('closes')
      await kit.inTrial(async (trial) => {
        await trial.tryRead()
        await trial.close(kit.patience)
        await trial
          .closeAgain(kit.patience)
          .catch((cause) => fault(`the second close failed: ${lineOf(cause)}`))
      })
    },
  },
  {
    id: 'read-after-close',
    title: 'makes nothing up after it was closed',
    needs: [],
    judge: judgeLateReads,
  },
]

function pace({ hasWorld }: ConformanceKit): Pace {
  return { real: !hasWorld, steps: hasWorld ? SOME : SOME_REAL }
}

async function judgeTwoAtOnce(kit: ConformanceKit): Promise<void> {
  await kit.needSound()
  await kit.inWorld(async (world) => {
    const first = await kit.open(world)
    try {
      const second = await kit.open(world, (cause) => {
        // An instrument may serve one at a time, and says so.
        if (MeterError.isInstance(cause)) notJudged(`it is open once only: ${cause.message}`)
        fault(`the second opening failed: ${lineOf(cause)}`)
      })
      const series = await observeAll([first, second], pace(kit))
      await second.close(kit.patience).catch(() => {})
      const found = series.map((one) => firstFault(one)).find((one) => one !== undefined)
      if (found) fault(`open twice at the same time: ${found.line}`)
    } finally {
      await first.close(kit.patience).catch(() => {})
    }
  })
}

async function judgeReopening(kit: ConformanceKit): Promise<void> {
  await kit.needSound()
  await kit.inWorld(async (world) => {
    const first = await kit.open(world)
    await first.tryRead()
    await first.close(kit.patience).catch(() => {})
    await world.advance(first.interval)
    const second = await kit.open(world, (cause) => fault(`opened anew after a close: ${lineOf(cause)}`))
    const found = firstFault(await observe(second, pace(kit)))
    await second.close(kit.patience).catch(() => {})
    if (found) fault(`opened anew after a close: ${found.line}`)
  })
}

async function judgeLateReads(kit: ConformanceKit): Promise<void> {
  await kit.needSound()
  await kit.inTrial(async (trial) => {
    const real = !kit.hasWorld
    const before = await observe(trial, { real, steps: 2 })
    await trial.close(kit.patience).catch(() => {})
    const after = await within(kit.patience * 2, observe(trial, { real, steps: 2 }), () =>
      fault('a read after close neither ends nor fails'),
    )
    const readings = [...before.readings, ...after.readings]
    const truth = before.truth.map((points, index) => [...points, ...(after.truth[index] ?? [])])
    const both: Series = { ...before, readings, truth }
    const found = after.readings.length > 0 ? firstFault(both, 'values') : undefined
    if (found) fault(`after close, ${found.line}`)
  })
}
