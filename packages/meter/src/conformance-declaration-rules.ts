import { fault, hiddenBy, lineOf, notConcerned } from './conformance-case.ts'
import type { ConformanceKit } from './conformance-kit.ts'
import type { Rule } from './conformance-rule.ts'
import { WrongDomains } from './conformance-trial.ts'
import { parseOptions } from './define-meter.ts'
import type { Domain } from './domain.ts'
import type { MeterDefinition } from './meter.ts'
import { isNumber, isObject } from './untrusted.ts'
import type { World } from './world.ts'

/** Nobody has an option of this name. */
const UNKNOWN_OPTION = 'noMeterHasThisOption'
/** A namespace and what is unique in it. */
const IDENTITY = /^[a-z][a-z0-9-]*:\S+$/
/** A standard uncertainty above 100 % is more likely a percentage. */
const MOST_UNCERTAIN = 1

/** The cases about what a meter declares: its reference, options and domains. */
export const DECLARATION_CASES: readonly Rule[] = [
  {
    id: 'reference',
    title: 'makes a reference that survives JSON and names its module',
    needs: [],
    judge: (kit) => kit.inWorld((world) => judgeReference(kit, world)),
  },
  {
    id: 'options-invalid',
    title: 'refuses options that are no object',
    needs: [],
    judge: (kit) => judgeRefusal(kit, 'fast', 'options'),
  },
  {
    id: 'options-unknown',
    title: 'refuses an option that it does not have',
    needs: [],
    judge: (kit) =>
      kit.inWorld((world) => {
        const given = kit.optionsIn(world)
        const options = { ...(isObject(given) ? given : {}), [UNKNOWN_OPTION]: true }
        return judgeRefusal(kit, options, `option '${UNKNOWN_OPTION}'`)
      }),
  },
  { id: 'opens', title: 'opens', needs: [], judge: judgeOpening },
  { id: 'domains', title: 'declares domains as the contract asks', needs: [], judge: judgeDomains },
  {
    id: 'ids-stable',
    title: 'declares the same domains at every opening',
    needs: [],
    judge: judgeStability,
  },
  {
    id: 'identity',
    title: 'names the thing itself in a namespace',
    needs: [],
    judge: async (kit) => {
      const named = (await kit.domains()).filter(({ identity }) => identity !== undefined)
      if (named.length === 0) notConcerned('no domain declares an identity')
      const wrong = named.find(({ identity = '' }) => !IDENTITY.test(identity))
      if (wrong) {
        fault(
          `domain '${wrong.id}': identity '${wrong.identity}', expected the form 'gpu:<UUID>' that others use for the same thing`,
        )
      }
    },
  },
  {
    id: 'containment',
    title: 'declares what lies inside of what',
    needs: [],
    judge: judgeContainment,
  },
  {
    id: 'uncertainty',
    title: 'tells its uncertainty, or nothing, but never 0',
    needs: [],
    judge: async (kit) => {
      const { trial, domains } = await kit.series()
      for (const [index, { id }] of domains.entries()) {
        const declared = trial.meter.domains[index]?.standardUncertainty
        if (declared !== undefined) checkUncertainty(declared.relative, `domain '${id}': standardUncertainty`)
      }
      for (const told of trial.uncertainties) checkUncertainty(told, 'record.uncertainty')
    },
  },
  {
    id: 'wrap-time',
    title: 'is read too often for a counter to wrap unseen',
    needs: [],
    judge: async (kit) => {
      const wrapping = (await kit.domains()).flatMap(wrappingOf)
      if (wrapping.length === 0) notConcerned('no domain declares wrapsAt')
      const { interval } = (await kit.series()).trial
      const wrong = wrapping.find(({ seconds }) => seconds <= interval)
      if (wrong) {
        fault(
          `domain '${wrong.id}': at its maxWatts the counter wraps in ${wrong.seconds.toPrecision(3)} s, within one interval of ${interval} s: no step of it can be told from another`,
        )
      }
    },
  },
]

async function judgeReference(kit: ConformanceKit, world: World): Promise<void> {
  const wrong = kit.referenceFault(world)
  if (wrong !== undefined) fault(wrong)
}

async function judgeRefusal(kit: ConformanceKit, options: unknown, what: string): Promise<void> {
  const definition = await definitionOrNothing(kit)
  if (!definition.options) notConcerned('the meter takes no options')
  const refusal = await parseOptions(definition, options).then(
    () => undefined,
    (cause: unknown) => cause,
  )
  if (refusal === undefined) fault(`${what}: accepted, expected to be refused by its schema`)
  if (!/, options: its schema failed/.test(lineOf(refusal))) return
  fault(`${what}: its schema threw instead of answering with issues (${lineOf(refusal)})`)
}

function definitionOrNothing(kit: ConformanceKit): Promise<MeterDefinition> {
  return kit.definition().catch(() => hiddenBy('opens'))
}

async function judgeOpening(kit: ConformanceKit): Promise<void> {
  await kit.definition().catch((cause) => fault(`cannot be loaded: ${lineOf(cause)}`))
  const thrown = await kit.inWorld((world) => kit.tryOpen(world))
  if (thrown !== undefined && !(thrown instanceof WrongDomains)) fault(`cannot be opened: ${lineOf(thrown)}`)
}

async function judgeDomains(kit: ConformanceKit): Promise<void> {
  await definitionOrNothing(kit)
  const thrown = await kit.inWorld((world) => kit.tryOpen(world))
  if (thrown instanceof WrongDomains) fault(thrown.message)
  if (thrown !== undefined) hiddenBy('opens')
  if ((await kit.domains()).length === 0) {
    fault('declares no domain: where there is nothing to read, open throws a MeterError')
  }
}

/** What of a domain may not change from one opening to the next. */
function mark({ id, kind, identity, reads }: Domain): string {
  return JSON.stringify([id, kind, identity ?? null, reads.quantity])
}

function judgeStability(kit: ConformanceKit): Promise<void> {
  return kit.inWorld(async (world) => {
    const marks: string[][] = []
    for (let opening = 0; opening < 2; opening++) {
      const trial = await kit.open(world)
      marks.push(trial.domains.map(mark).sort())
      await trial.tryRead()
      await trial.close(kit.patience).catch(() => {})
      await world.advance(trial.interval)
    }
    const [first = [], second = []] = marks
    const changed = [...first, ...second].find((one) => !(first.includes(one) && second.includes(one)))
    if (changed === undefined) return
    fault(
      `domains: ${changed} is there at one opening and not at the next, expected ids that last over restarts`,
    )
  })
}

async function judgeContainment(kit: ConformanceKit): Promise<void> {
  const { domains, truth } = await kit.series()
  const byId = new Map(domains.map((domain, index) => [domain.id, { domain, index }]))
  const flowed = (index: number) => {
    const points = truth[index] ?? []
    return (points.at(-1)?.joules ?? 0) - (points[0]?.joules ?? 0)
  }
  const related = domains.filter(({ within, feeds }) => within !== undefined || feeds !== undefined)
  if (related.length === 0) notConcerned('no domain declares `within` or `feeds`')
  for (const domain of related) {
    if (domain.feeds !== undefined && domain.kind !== 'host') {
      fault(`domain '${domain.id}': feeds '${domain.feeds}' means something for the kind 'host' alone`)
    }
    const trail = [domain.id]
    for (let outer = domain.within; outer !== undefined; outer = byId.get(outer)?.domain.within) {
      if (!byId.has(outer)) {
        fault(`domain '${trail.at(-1)}': within '${outer}', which the meter does not declare`)
      }
      if (trail.includes(outer))
        fault(`domain '${domain.id}': within itself (${[...trail, outer].join(', ')})`)
      trail.push(outer)
    }
  }
  for (const [id, { index }] of byId) {
    const inside = domains.flatMap(({ within }, one) => (within === id ? [one] : []))
    const [inner, outer] = [inside.reduce((sum, one) => sum + flowed(one), 0), flowed(index)]
    if ((truth[index] ?? []).length > 0 && inner > outer * 1.05) {
      fault(
        `domain '${id}': draws ${outer.toPrecision(3)} J, and what is said to lie within it ${inner.toPrecision(3)} J`,
      )
    }
  }
}

function checkUncertainty(relative: unknown, what: string): void {
  if (!isNumber(relative) || relative <= 0) {
    fault(`${what}: got ${String(relative)}, expected a share above 0; unknown is absent, never 0`)
  }
  if (relative > MOST_UNCERTAIN) fault(`${what}: got ${relative}, expected a share: 0.05 is 5 %`)
}

function wrappingOf({ id, reads, maxWatts = Number.POSITIVE_INFINITY }: Domain) {
  if (reads.quantity !== 'energy' || reads.wrapsAt === undefined) return []
  return [{ id, seconds: (reads.wrapsAt * reads.joulesPerCount) / maxWatts }]
}
