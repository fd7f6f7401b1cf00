// Azure Monitor's metrics of one resource as its documentation has them: https://learn.microsoft.com/rest/api/monitor/metrics/list.
import { type Answer, type Asked, serveJson } from './json-server.ts'

export const SUBSCRIPTION = 'b324c52b-4073-4807-93af-e07d289c093e'
export const MACHINE = `/subscriptions/${SUBSCRIPTION}/resourceGroups/training/providers/Microsoft.Compute/virtualMachines/trainer`
export const WORKSPACE = `/subscriptions/${SUBSCRIPTION}/resourceGroups/training/providers/Microsoft.MachineLearningServices/workspaces/lab`

export interface StoredMetric {
  readonly name: string
  /** Dimensions of a series, as the documentation spells their names; replies have them in lower case. */
  readonly dimensions: Readonly<Record<string, string>>
  /** Seconds since 1970 at which a minute begins, and its figure. */
  readonly minutes: (readonly [number, number])[]
  readonly unit?: string
}

/** Answers `Metrics - List`: a bucket for every minute of the timespan, of which those without a figure have nothing but their time. */
export class AzureMonitorServer {
  address = ''
  readonly asked: Asked[] = []
  readonly stored: StoredMetric[] = []
  token: string | undefined
  readonly instead: (Answer | undefined)[] = []

  async start(): Promise<this> {
    this.address = await serveJson((asked) => this.#answer(asked))
    return this
  }

  store(
    name: string,
    dimensions: Readonly<Record<string, string>>,
    minutes: (readonly [number, number])[],
    unit?: string,
  ): void {
    this.stored.push({ name, dimensions, minutes, ...(unit === undefined ? {} : { unit }) })
  }

  #answer(asked: Asked): Answer {
    this.asked.push(asked)
    const instead = this.instead.shift()
    if (instead) return instead
    const { path, query, headers } = asked
    if (this.token !== undefined && headers.authorization !== `Bearer ${this.token}`) {
      return azureRefusal(
        401,
        'ExpiredAuthenticationToken',
        'The access token expiry UTC time is earlier than current UTC time.',
      )
    }
    if (!query.get('api-version'))
      return azureRefusal(400, 'MissingApiVersionParameter', 'api-version is required')
    const resource = path.replace(/\/providers\/microsoft\.insights\/metrics$/, '')
    if (resource !== MACHINE && resource !== WORKSPACE)
      return azureRefusal(404, 'ResourceNotFound', 'was not found')
    const name = query.get('metricnames') ?? ''
    const [start = '', end = ''] = (query.get('timespan') ?? '').split('/')
    const filter = new Map(
      (query.get('$filter') ?? '')
        .split(' and ')
        .map((term) => /^(\w+) eq '(.*)'$/.exec(term))
        .flatMap((term): [string, string][] =>
          term ? [[(term[1] as string).toLowerCase(), term[2] as string]] : [],
        ),
    )
    const found = this.stored.filter((one) => one.name === name && matches(one.dimensions, filter))
    // Ten, unless more are asked for.
    const top = Number(query.get('top') ?? 10)
    const unit = found.map((one) => one.unit).find((one) => one !== undefined)
    return {
      body: {
        cost: 59,
        timespan: `${start}/${end}`,
        interval: query.get('interval'),
        value: [
          {
            id: `${resource}/providers/Microsoft.Insights/metrics/${name}`,
            type: 'Microsoft.Insights/metrics',
            name: { value: name, localizedValue: name },
            errorCode: 'Success',
            ...(unit === undefined ? {} : { unit }),
            timeseries: found.slice(0, top).map(({ dimensions, minutes }) => ({
              metadatavalues: Object.entries(dimensions)
                .filter(([dimension]) => filter.has(dimension.toLowerCase()))
                .map(([dimension, value]) => ({
                  name: { value: dimension.toLowerCase(), localizedValue: dimension.toLowerCase() },
                  value,
                })),
              data: buckets(
                minutes,
                Date.parse(start) / 1000,
                Date.parse(end) / 1000,
                query.get('aggregation') ?? '',
              ),
            })),
          },
        ],
        namespace:
          resource === MACHINE
            ? 'Microsoft.Compute/virtualMachines'
            : 'Microsoft.MachineLearningServices/workspaces',
        resourceregion: 'westeurope',
      },
    }
  }
}

export function azureRefusal(
  status: number,
  code: string,
  message: string,
  headers: Record<string, string> = {},
): Answer {
  return { status, headers, body: { error: { code, message } } }
}

function matches(dimensions: StoredMetric['dimensions'], filter: ReadonlyMap<string, string>): boolean {
  const own = new Map(Object.entries(dimensions).map(([name, value]) => [name.toLowerCase(), value]))
  return [...filter].every(([name, value]) => own.has(name) && (value === '*' || own.get(name) === value))
}

function buckets(
  minutes: StoredMetric['minutes'],
  start: number,
  end: number,
  aggregation: string,
): object[] {
  const figures = new Map(minutes)
  const all: object[] = []
  for (let time = start; time < end; time += 60) {
    const figure = figures.get(time)
    const timeStamp = new Date(time * 1000).toISOString().replace('.000Z', 'Z')
    all.push({ timeStamp, ...(figure === undefined ? {} : { [aggregation.toLowerCase()]: figure }) })
  }
  return all
}
