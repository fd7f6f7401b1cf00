/** What became of a process when it imported a module. */
export interface ImportFindings {
  /** Why it could not be imported. */
  readonly error?: string
  /** Names of the meters that the module exports. */
  readonly meters: readonly string[]
  /** Kinds of timers, sockets and the like that are there afterwards. */
  readonly left: readonly string[]
  /** What of the process is different afterwards. */
  readonly changed: readonly string[]
}

/** The program of a process that imports the module of its first argument, by the importer of its second, if there is one. */
export const importProgram = `
const [module, importer] = process.argv.slice(1)
const brand = Symbol.for('ergometer.meter')
const load = importer ? (await import(importer)).importModule : (url) => import(url)
const turn = () => new Promise((resolve) => setImmediate(resolve))
const state = () => ({
  environment: JSON.stringify(process.env),
  'the working directory': process.cwd(),
  'the exit code': String(process.exitCode),
  listeners: process.eventNames().filter((name) => typeof name === 'string').map((name) => name + process.listenerCount(name)).join(),
})
await turn()
// They are made when they are first looked at, by a translator of TypeScript for one.
void [process.stdout, process.stderr]
const before = state()
const resources = process.getActiveResourcesInfo()
const findings = { meters: [], left: [], changed: [] }
try {
  const exported = await load(module)
  const inner = typeof exported.default === 'object' && exported.default ? Object.values(exported.default) : []
  const meters = new Set([...Object.values(exported), ...inner].filter((one) => typeof one === 'function' && brand in one))
  findings.meters = [...meters].map((one) => one.meterName)
  await turn()
  await turn()
  const rest = process.getActiveResourcesInfo()
  for (const kind of resources) if (rest.includes(kind)) rest.splice(rest.indexOf(kind), 1)
  findings.left = rest
  const after = state()
  findings.changed = Object.keys(before).filter((key) => before[key] !== after[key])
} catch (error) {
  findings.error = String(error?.message ?? error).split('\\n')[0]
}
process.send(findings, () => process.exit(0))
`
