import { describe, expect, test } from 'vitest'
import {
  besideSelectors,
  FleetSeries,
  RunOwners,
  resourceSelector,
  runSelectors,
  type StoredSeries,
} from '../src/index.ts'

const TIME = 1_795_000_000

/** A series with samples a second apart, from a time on. */
function series(labels: Record<string, string>, values: readonly number[], from = 0): StoredSeries {
  return {
    labels: new Map(Object.entries(labels)),
    samples: values.map((value, at) => [TIME + from + at, value] as const),
  }
}

const energy = (labels: Record<string, string>, values: readonly number[], from = 0) =>
  series(
    { __name__: 'ergometer_run_energy_joules_total', ergometer_energy_method: 'measured', ...labels },
    values,
    from,
  )

const pushed = (host: string, run = `run-of-${host}`) => ({ host_name: host, ergometer_run_id: run })

function finish(
  own: StoredSeries[],
  { resources = [], beside = [] }: { resources?: StoredSeries[]; beside?: StoredSeries[] } = {},
) {
  const owners = new RunOwners()
  for (const one of resources) owners.add(one)
  const fleet = new FleetSeries(owners)
  for (const one of own) fleet.add(one)
  for (const one of beside) fleet.addBeside(one)
  const { runs, health } = fleet.finish()
  return { runs, codes: health.map(({ code }) => code) }
}

describe('the series of a fleet', () => {
  test.each([
    [
      'Prometheus, with units',
      'ergometer_run_energy_joules_total',
      'ergometer_energy_method',
      'ergometer_run_id',
    ],
    [
      'Prometheus, without units',
      'ergometer_run_energy_total',
      'ergometer_energy_method',
      'ergometer_run_id',
    ],
    ['Prometheus, without suffixes', 'ergometer_run_energy', 'ergometer_energy_method', 'ergometer_run_id'],
    ['suffixes alone', 'ergometer.run.energy_joules_total', 'ergometer.energy.method', 'ergometer.run.id'],
    ['OpenTelemetry', 'ergometer.run.energy', 'ergometer.energy.method', 'ergometer.run.id'],
  ])('are known in the spelling of %s', (_, name, method, id) => {
    const { runs } = finish([series({ __name__: name, [method]: 'modelled', [id]: 'a' }, [1, 2])])
    expect(runs).toMatchObject([{ runId: 'a', byMethod: { modelled: 2 } }])
    const metric = new RegExp(
      `^(?:${JSON.parse(/__name__=~("[^"]*")/.exec(runSelectors('x').plain)?.[1] ?? '')})$`,
    )
    expect(metric.test(name)).toBe(true)
    expect(metric.test('ergometer:run_energy:rate1m')).toBe(false)
  })

  test('nodes whose last samples are at different times are all counted', () => {
    const { runs } = finish([
      energy(pushed('a'), [10, 20]),
      energy(pushed('b'), [1, 2, 3], 500),
      energy(pushed('c'), [7], 80_000),
    ])
    expect(runs.map(({ host, byMethod }) => [host, byMethod['measured']])).toEqual([
      ['a', 20],
      ['b', 3],
      ['c', 7],
    ])
    expect(runs.map(({ from, to }) => to - from)).toEqual([1, 2, 0])
  })

  test('a run over two roads, read by two servers, counts once, by the copy that saw most', () => {
    const scraped = { job: 'ergometer', instance: '10.0.0.1:9464' }
    const { runs, codes } = finish(
      [
        energy(pushed('a', 'one'), [10, 20, 30]),
        energy({ ...scraped, replica: 'x', __name__: 'ergometer_run_energy_total' }, [10, 20]),
        energy({ ...scraped, replica: 'y', __name__: 'ergometer_run_energy_total' }, [20, 35], 3),
      ],
      {
        resources: ['x', 'y'].map((replica) =>
          series({ __name__: 'target_info', ...scraped, replica, ergometer_run_id: 'one' }, [1, 1, 1]),
        ),
      },
    )
    expect(runs).toMatchObject([{ runId: 'one', byMethod: { measured: 35 } }])
    expect(codes).toEqual(['counted-once'])
  })

  test('runs that follow each other on one port are told apart, also where no reset shows it', () => {
    const scraped = { job: 'ergometer', instance: 'n1:9464' }
    const info = (run: string, from: number) =>
      series({ __name__: 'target_info', ...scraped, ergometer_run_id: run, host_name: 'n1' }, [1, 1, 1], from)
    const { runs } = finish([energy(scraped, [10, 20, 30]), energy(scraped, [40, 50, 60], 100)], {
      resources: [info('first', 0), info('second', 100)],
    })
    expect(runs).toMatchObject([
      { runId: 'first', host: 'n1', instance: 'n1:9464', byMethod: { measured: 30 } },
      { runId: 'second', byMethod: { measured: 60 } },
    ])
  })

  test('two clusters whose instances have one name are not one', () => {
    const of = (cluster: string) => ({ job: 'ergometer', instance: 'n1:9464', cluster })
    const { runs } = finish([energy(of('a'), [1, 2]), energy(of('b'), [3, 4])], {
      resources: ['a', 'b'].map((one) =>
        series({ __name__: 'target_info', ...of(one), ergometer_run_id: `run-${one}` }, [1, 1]),
      ),
    })
    expect(runs.map(({ runId, byMethod }) => [runId, byMethod['measured']])).toEqual([
      ['run-a', 2],
      ['run-b', 4],
    ])
  })

  test('without a run id they are told apart by where they were read, and resets add up', () => {
    const at = (instance: string) => ({ job: 'ergometer', instance })
    const { runs } = finish([energy(at('a:1'), [5, 9, 2]), energy(at('b:1'), [4])])
    expect(runs).toMatchObject([
      { host: 'a:1', byMethod: { measured: 11 } },
      { host: 'b:1', byMethod: { measured: 4 } },
    ])
    expect(runs[0]?.runId).toBeUndefined()
  })

  test('coverage and kinds are those of the run that they came with', () => {
    const one = pushed('a')
    const hw = (kind: string, id: string, values: number[], labels: Record<string, string> = one) =>
      series({ __name__: 'hw_energy_joules_total', hw_type: kind, hw_id: id, ...labels }, values)
    const coverage = (id: string, share: number, labels: Record<string, string> = one) =>
      series({ __name__: 'ergometer_meter_coverage_ratio', hw_id: id, ...labels }, [1, share])
    const beside = [
      hw('gpu', 'g0', [1, 40]),
      hw('gpu', 'g1', [1, 40]),
      hw('cpu', 'c0', [1, 20]),
      hw('cpu', 'c0', [1, 900], pushed('z')),
      coverage('g0', 0.97),
      coverage('g1', 0.8),
      coverage('g1', 0.1, pushed('z')),
    ]
    const { runs } = finish([energy(one, [3, 100])], { beside })
    expect(runs).toMatchObject([{ coverage: 0.8, byKind: { cpu: 20, gpu: 80 } }])
    expect(finish([energy(one, [3, 150])], { beside }).runs[0]?.byKind).toBeUndefined()
    const host = series({ __name__: 'hw_host_energy_joules_total', hw_id: 'plug', ...one }, [1, 150])
    expect(finish([energy(one, [3, 150])], { beside: [...beside, host] }).runs[0]?.byKind).toEqual({
      host: 150,
    })
  })

  test('what is beside the total lowers no coverage', () => {
    const one = pushed('a')
    const beside = [
      series({ __name__: 'hw_energy_joules_total', hw_type: 'gpu', hw_id: 'g0', ...one }, [1, 100]),
      series({ __name__: 'hw_host_energy_joules_total', hw_id: 'plug', ...one }, [1, 150]),
      series({ __name__: 'ergometer_meter_coverage_ratio', hw_id: 'plug', ...one }, [0.5, 0.5]),
      series({ __name__: 'ergometer_meter_coverage_ratio', hw_id: 'g0', ...one }, [0.5, 0.98]),
    ]
    expect(finish([energy(one, [3, 100])], { beside }).runs[0]?.coverage).toBe(0.98)
    expect(finish([energy(one, [3, 150])], { beside }).runs[0]?.coverage).toBe(0.5)
  })

  test('scores have their first, last and extreme figures', () => {
    const score = series(
      { __name__: 'ergometer_run_score', ergometer_score_name: 'loss', ...pushed('a') },
      [2, 0.5, 0.7],
    )
    expect(finish([score]).runs[0]?.scores).toEqual([
      { name: 'loss', first: { t: TIME, value: 2 }, last: { t: TIME + 2, value: 0.7 }, least: 0.5, most: 2 },
    ])
  })

  test('what does not say that a sensor saw it is not taken for measured', () => {
    const { runs } = finish([energy({ ...pushed('a'), ergometer_energy_method: 'very exact' }, [1])])
    expect(runs[0]?.byMethod).toEqual({ reported: 1 })
  })

  test('names that are words of the language are names', () => {
    const work = series(
      { __name__: 'ergometer_run_work_total', ergometer_work_unit: '__proto__', ...pushed('constructor') },
      [3],
    )
    const [run] = finish([work]).runs
    expect(Object.entries(run?.work ?? {})).toEqual([['__proto__', 3]])
    expect(run?.host).toBe('constructor')
  })
})

describe('selectors', () => {
  test('a name cannot leave its quotes', () => {
    const { plain, quoted } = runSelectors('a"} or vector(1) or {b="\\\n')
    for (const selector of [plain, quoted]) {
      expect(selector).not.toContain('\n')
      expect(selector.endsWith(`=${JSON.stringify('a"} or vector(1) or {b="\\\n')}}`)).toBe(true)
    }
  })

  test('ask for the resources of what is scraped, and for nothing where labels tell', () => {
    expect(
      resourceSelector([
        new Map([
          ['ergometer_run_id', 'a'],
          ['instance', 'x'],
        ]),
      ]),
    ).toBeUndefined()
    expect(
      resourceSelector([new Map([['instance', '10.0.0.1:9464']]), new Map([['instance', '10.0.0.1:9464']])]),
    ).toBe('{__name__="target_info",instance=~"10\\\\.0\\\\.0\\\\.1:9464"}')
    expect(besideSelectors([new Map([['ergometer.run.id', 'a|b']])])).toEqual([
      expect.stringContaining('"ergometer.run.id"=~"a\\\\|b"'),
    ])
  })
})
