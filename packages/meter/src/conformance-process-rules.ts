import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { fault, hiddenBy, lineOf, notJudged } from './conformance-case.ts'
import { HandleWatch } from './conformance-handles.ts'
import { type ImportFindings, importProgram } from './conformance-import-program.ts'
import type { ConformanceKit } from './conformance-kit.ts'
import type { Rule } from './conformance-rule.ts'
import { openIsolated } from './isolated-meter.ts'
import type { MeterHandle } from './meter-handle.ts'
import { isNumber } from './untrusted.ts'
import type { World } from './world.ts'

/** Seconds for a process to start and to answer, on a machine that is busy. */
const PROCESS_SECONDS = 20
/** Openings by which what is left behind shows. */
const OPENINGS = 5
/** Codes with which a child process refuses a meter for what other cases look at. */
const HIDING: Readonly<Record<string, string[]>> = {
  METER_NOT_LOADED: ['import'],
  METER_NOT_EXPORTED: ['import'],
  METER_INVALID: ['domains', 'uncertainty'],
}
/** Seconds between two reads of the real instrument, where no sum is looked at. */
const MOMENT = 0.02
const TYPESCRIPT = /\.[cm]?tsx?$/

/** The cases about processes: imports, child processes, and what is left behind in this one. */
export const PROCESS_CASES: readonly Rule[] = [
  {
    id: 'import',
    title: 'is imported without doing anything',
    needs: [],
    judge: (kit) => kit.inWorld((world) => judgeImport(kit, world)),
  },
  { id: 'child-process', title: 'works in a child process', needs: [], judge: judgeChild },
  { id: 'handles', title: 'leaves nothing open when it is closed', needs: [], judge: judgeHandles },
]

async function judgeImport(kit: ConformanceKit, world: World): Promise<void> {
  const { module, meter } = kit.soundReferenceIn(world)
  needImportable(kit, module)
  const { findings, printed } = await importOnce(module, kit.subject.importer)
  if (findings === undefined) {
    fault(`${module}: the process that imports it ended, or did not answer within ${PROCESS_SECONDS} s`)
  }
  const { error, meters, left, changed } = findings
  if (error !== undefined) fault(`${module}: cannot be imported (${error})`)
  const expected =
    meter === undefined ? meters.length === 1 : meters.filter((name) => name === meter).length === 1
  if (!expected) {
    fault(
      `${module}: exports ${meters.join(', ') || 'no meter'}, expected the meter '${meter ?? 'that is meant'}', once`,
    )
  }
  if (left.length > 0)
    fault(`${module}: importing it leaves behind ${left.join(', ')}: begin with that in open`)
  if (changed.length > 0) fault(`${module}: importing it changes ${changed.join(', ')} of its process`)
  if (printed !== '') fault(`${module}: importing it prints ${JSON.stringify(printed.slice(0, 80))}`)
}

/** Sources that Node cannot read are the tests' own affair: what is published is another module. */
function needImportable({ subject }: ConformanceKit, module: string): void {
  const strips = (process.features as { typescript?: unknown }).typescript
  if (!TYPESCRIPT.test(module) || subject.importer !== undefined || strips) return
  notJudged(`this Node cannot import ${module}: give \`module\`, the URL of the built meter`)
}

type Imported = Awaited<ReturnType<typeof importAlone>>

/** A module does the same whenever it is imported, for however many meters, worlds and options. */
const imported = new Map<string, Promise<Imported>>()

function importOnce(module: string, importer?: string): Promise<Imported> {
  const key = `${module} ${importer}`
  const known = imported.get(key) ?? importAlone(module, importer)
  imported.set(key, known)
  return known
}

/** Imports a module in a process of its own, which then ends. */
function importAlone(
  module: string,
  importer = '',
): Promise<{ findings: ImportFindings | undefined; printed: string }> {
  const { NODE_OPTIONS: _, ...env } = process.env
  const child = spawn(process.execPath, ['--input-type=module', '-e', importProgram, module, importer], {
    env,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    timeout: PROCESS_SECONDS * 1000,
    killSignal: 'SIGKILL',
  })
  let findings: ImportFindings | undefined
  let printed = ''
  child.on('message', (message) => {
    findings = message as ImportFindings
  })
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      printed += text
    })
  }
  return new Promise((resolve) => {
    child.on('error', (cause) => resolve({ findings, printed: lineOf(cause) }))
    child.on('close', () => resolve({ findings, printed }))
  })
}

async function judgeChild(kit: ConformanceKit): Promise<void> {
  await kit.needSound()
  await kit.inWorld(async (world) => {
    const reference = kit.soundReferenceIn(world)
    needImportable(kit, reference.module)
    const { sysRoot, procRoot, env } = world.context ?? {}
    if (world.context?.fetch !== undefined) {
      notJudged('its world is a `fetch` of this process, which no other has')
    }
    const here = await kit.open(world)
    if (idsOf(here.domains) !== idsOf(await kit.domains())) hiddenBy('ids-stable')
    const shown = await here.tryRead()
    await here.close(kit.patience).catch(() => {})
    const { importer } = kit.subject
    const child = await openIsolated(reference, {
      openDeadline: PROCESS_SECONDS,
      env: { ...process.env, ...env },
      ...(sysRoot === undefined ? {} : { sysRoot }),
      ...(procRoot === undefined ? {} : { procRoot }),
      ...(importer === undefined ? {} : { importer }),
      program: childProgram(),
    }).catch((cause) => {
      const hiding = HIDING[cause.code]
      if (hiding !== undefined) hiddenBy(...hiding)
      fault(`cannot be opened in a child process: ${lineOf(cause)}`)
    })
    try {
      if (idsOf(child.domains) !== idsOf(here.domains)) {
        fault(`in a child process its domains are ${idsOf(child.domains)}, here ${idsOf(here.domains)}`)
      }
      const { readings, error } = await child.read(PROCESS_SECONDS)
      if (!child.alive) fault(`a read in a child process ended it: ${error?.message}`)
      if (kit.hasWorld) compareValues(here.domains, shown.readings, child.domains, readings)
    } finally {
      await child.close()
    }
  })
}

/** The child's program: beside this one where the package is built, else where building puts it. */
function childProgram(): string {
  const beside = new URL('./child.js', import.meta.url)
  return (existsSync(beside) ? beside : new URL('../dist/child.js', import.meta.url)).href
}

function idsOf(domains: MeterHandle['domains']): string {
  return domains
    .map(({ id }) => id)
    .sort()
    .join(', ')
}

/** Nothing moves in a world between the reading here and the one there. */
function compareValues(
  domains: MeterHandle['domains'],
  here: readonly { domain: number; value: unknown }[],
  others: MeterHandle['domains'],
  there: readonly { domain: number; value: number }[],
): void {
  for (const [index, { id, reads }] of domains.entries()) {
    if (reads.quantity === 'interval-energy') continue
    const shown = here.flatMap(({ domain, value }) => (domain === index && isNumber(value) ? [value] : []))
    const told = there.filter(({ domain }) => others[domain]?.id === id).map(({ value }) => value)
    for (const [at, value] of shown.entries()) {
      const other = told[at] ?? Number.NaN
      if (Math.abs(other - value) <= 0.05 * value) continue
      fault(`domain '${id}': a child process reads ${other}, this one ${value} at the same time`)
    }
  }
}

async function judgeHandles(kit: ConformanceKit): Promise<void> {
  const watch = new HandleWatch()
  try {
    await kit.inWorld((world) => judgeLeaks(kit, world, watch))
  } finally {
    watch.close()
  }
}

async function judgeLeaks(kit: ConformanceKit, world: World, watch: HandleWatch): Promise<void> {
  const cycle = async () => {
    const trial = await kit.open(world)
    await trial.tryRead()
    await world.advance(kit.hasWorld ? trial.interval : MOMENT)
    await trial.tryRead()
    await trial.close(kit.patience).catch(() => {})
  }
  // What is opened once for good, by whatever the meter imports, is no leak.
  await cycle()
  const before = watch.count()
  for (let opening = 0; opening < OPENINGS; opening++) await cycle()
  const leaked = () => [...watch.count()].find(([kind, count]) => count >= (before.get(kind) ?? 0) + OPENINGS)
  const until = performance.now() + kit.patience * 1000
  while (leaked() && performance.now() < until) await sleep(10)
  const [kind] = leaked() ?? []
  if (kind !== undefined) {
    fault(`opened and closed ${OPENINGS} times, and each time a ${kind} was left behind`)
  }
}
