/** What a selection needs to know of a GPU. */
export interface SelectableGpu {
  readonly uuid: string
  readonly name: string
  /** Its MIG instances; looked for only if somebody names one. */
  readonly instances: readonly {
    readonly uuid: string
    readonly gpuInstance: number
    readonly computeInstance: number
  }[]
}

/** Who says which GPUs are meant. */
export interface Wish {
  /** By option: nothing else counts then. */
  readonly devices?: readonly (number | string)[] | undefined
  readonly env: Readonly<Record<string, string | undefined>>
  /** NVIDIA's container toolkit has acted on `NVIDIA_VISIBLE_DEVICES`: NVML shows what it has let in. */
  readonly contained: boolean
}

/** The GPUs that are meant. */
export interface Selection<Gpu> {
  readonly gpus: readonly Gpu[]
  /** UUIDs of MIG instances that were named; their GPUs are among `gpus`. */
  readonly instances: ReadonlySet<string>
  /** What was said that makes no sense here. */
  readonly notes: readonly string[]
  /** Numbers of CUDA were given where CUDA may count otherwise than NVML. */
  readonly orderUnsure: boolean
}

/** GPUs by their numbers; undefined: one that is out of reach. */
type Shown<Gpu> = readonly (Gpu | undefined)[]

/** What a name stands for. */
interface Match<Gpu> {
  /** Absent: one that is out of reach. */
  readonly gpu: Gpu | undefined
  readonly instance?: string
}

const CUDA = 'CUDA_VISIBLE_DEVICES'
const NVIDIA = 'NVIDIA_VISIBLE_DEVICES'
/** The toolkit lets no GPU in. */
const NOTHING = ['', 'none', 'void']
/** CDI and device plugins say elsewhere which GPUs a container has. */
const ELSEWHERE = /^(?:void|\/var\/run\/nvidia-container-devices.*)$/

/**
 * The GPUs that a run may use: never more than was said, and none where nothing matches. `gpus`: by NVML's numbers,
 * undefined where one is out of reach.
 */
export function selectGpus<Gpu extends SelectableGpu>(
  gpus: Shown<Gpu>,
  { devices, env, contained }: Wish,
): Selection<Gpu> {
  if (devices) return selectNamed(devices.map(String), gpus, 'devices')
  const shown = selectShown(env[NVIDIA]?.trim(), gpus, contained)
  const cuda = env[CUDA]
  if (cuda === undefined) return shown
  const all = shown.gpus.length === gpus.filter((gpu) => gpu !== undefined).length
  const selected = selectByCuda(cuda, all ? gpus : shown.gpus)
  const differ = new Set(shown.gpus.map(({ name }) => name)).size > 1
  const some = selected.gpus.length > 0 && selected.gpus.length < shown.gpus.length
  return {
    ...selected,
    notes: [...shown.notes, ...selected.notes],
    orderUnsure: some && differ && kindOf(cuda) === 'number' && env['CUDA_DEVICE_ORDER'] !== 'PCI_BUS_ID',
  }
}

/** Whatever of the names stands for something. */
function selectNamed<Gpu extends SelectableGpu>(
  names: readonly string[],
  gpus: Shown<Gpu>,
  where: string,
): Selection<Gpu> {
  const matches = names.map((name) => match(name, gpus))
  const unknown = names.filter((_, place) => matches[place] === undefined)
  return selectionOf(
    gpus,
    matches.filter((one) => one !== undefined),
    unknown.map((name) => `${where}: '${name}' is no GPU here`),
  )
}

function selectShown<Gpu extends SelectableGpu>(
  value: string | undefined,
  gpus: Shown<Gpu>,
  contained: boolean,
): Selection<Gpu> {
  const all = gpus.map((gpu) => ({ gpu }))
  if (value === undefined || value === 'all') return selectionOf(gpus, all)
  if (contained && ELSEWHERE.test(value)) return selectionOf(gpus, all)
  if (NOTHING.includes(value)) return selectionOf(gpus, [], [`${NVIDIA} is '${value}'`])
  const names = [...new Set(value.split(',').map((name) => name.trim()))]
  // Its numbers are the host's; those that were let in have got others.
  if (contained && gpus.length <= names.length) return selectionOf(gpus, all)
  return selectNamed(names, gpus, NVIDIA)
}

/** As CUDA does: all names are of the first one's kind, the first that is none ends the list, one that comes twice empties it. */
function selectByCuda<Gpu extends SelectableGpu>(value: string, gpus: Shown<Gpu>): Selection<Gpu> {
  if (value.trim() === '') return selectionOf(gpus, [], [`${CUDA} is empty`])
  const kind = kindOf(value)
  const matches: Match<Gpu>[] = []
  const seen = new Set<unknown>()
  for (const name of value.split(',').map((one) => one.trim())) {
    const number = kind === 'number' ? leadingNumber(name) : undefined
    const found = kindOf(name) === kind ? match(number ?? name, gpus) : undefined
    if (found === undefined) {
      const note = `${CUDA} is '${value}': '${name}' is no GPU here, and CUDA sees neither it nor what follows`
      return selectionOf(gpus, matches, [note])
    }
    const thing = found.instance ?? found.gpu ?? number
    if (seen.has(thing)) {
      return selectionOf(gpus, [], [`${CUDA} is '${value}': '${name}' is there twice, so CUDA sees nothing`])
    }
    seen.add(thing)
    matches.push(found)
  }
  return selectionOf(gpus, matches)
}

function kindOf(name: string): 'number' | 'gpu' | 'mig' {
  if (/^\s*GPU-/.test(name)) return 'gpu'
  return /^\s*MIG-/.test(name) ? 'mig' : 'number'
}

/** The number at the begin of a text, which is all that CUDA reads of it; undefined: none, or negative. */
function leadingNumber(text: string): string | undefined {
  return /^\+?(\d+)/.exec(text)?.[1]
}

/** What a number, a UUID, the begin of one, or the name of an instance stands for; undefined: nothing, or several. */
function match<Gpu extends SelectableGpu>(name: string, gpus: Shown<Gpu>): Match<Gpu> | undefined {
  const [, number, place] = /^(\d+)(?::(\d+))?$/.exec(name) ?? []
  if (number !== undefined) {
    if (Number(number) >= gpus.length) return undefined
    const gpu = gpus[Number(number)]
    if (place === undefined) return { gpu }
    const instance = gpu?.instances[Number(place)]?.uuid
    return instance === undefined ? undefined : { gpu, instance }
  }
  const there = gpus.filter((gpu) => gpu !== undefined)
  if (name.startsWith('MIG-')) return only(there.flatMap((gpu) => matchInstance(name, gpu)))
  if (!name.startsWith('GPU-')) return undefined
  return only(there.filter(({ uuid }) => uuid.startsWith(name)).map((gpu) => ({ gpu })))
}

/** By its UUID or the begin of it, or in the older form `MIG-GPU-<uuid>/<gpu instance>/<compute instance>`. */
function matchInstance<Gpu extends SelectableGpu>(name: string, gpu: Gpu): Match<Gpu>[] {
  const [, parent, ...ids] = /^MIG-(GPU-[^/]*)\/(\d+)\/(\d+)$/.exec(name) ?? []
  if (parent !== undefined && !gpu.uuid.startsWith(parent)) return []
  const [gpuInstance, computeInstance] = ids.map(Number)
  const isMeant = (one: Gpu['instances'][number]): boolean =>
    parent === undefined
      ? one.uuid.startsWith(name)
      : one.gpuInstance === gpuInstance && one.computeInstance === computeInstance
  return gpu.instances.filter(isMeant).map(({ uuid }) => ({ gpu, instance: uuid }))
}

function only<T>(found: readonly T[]): T | undefined {
  return found.length === 1 ? found[0] : undefined
}

function selectionOf<Gpu>(
  gpus: Shown<Gpu>,
  matches: readonly Match<Gpu>[],
  notes: readonly string[] = [],
): Selection<Gpu> {
  const chosen = new Set(matches.map(({ gpu }) => gpu))
  return {
    gpus: gpus.filter((gpu) => gpu !== undefined && chosen.has(gpu)) as Gpu[],
    instances: new Set(matches.flatMap(({ instance }) => instance ?? [])),
    notes,
    orderUnsure: false,
  }
}
