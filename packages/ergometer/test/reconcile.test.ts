import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Reconciliation } from '@ergometer/report'
import { Command } from 'commander'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { main } from '../src/commands.ts'
import { addReconcileCommand } from '../src/reconcile-command.ts'

/*
 * Exports in the documented shapes, made by hand:
 * AWS https://docs.aws.amazon.com/cur/latest/userguide/table-dictionary-carbon.html (metric tons)
 * Google https://docs.cloud.google.com/carbon-footprint/docs/data-schema (kilograms)
 * Azure https://learn.microsoft.com/rest/api/carbon/carbon-service/query-carbon-emission-reports (kilograms)
 */
const AWS_HEADER =
  'last_refresh_timestamp,location,model_version,payer_account_id,product_code,region_code,total_lbm_emissions_unit,total_lbm_emissions_value,total_mbm_emissions_unit,total_mbm_emissions_value,total_scope_1_emissions_unit,total_scope_1_emissions_value,total_scope_2_lbm_emissions_unit,total_scope_2_lbm_emissions_value,total_scope_3_lbm_emissions_unit,total_scope_3_lbm_emissions_value,usage_account_id,usage_period_end,usage_period_start'
const T = 'MTCO2e'
const awsRow = (
  product: string,
  region: string,
  lbm: number,
  scopes: [number, number, number],
  month = '2026-10',
) =>
  `2026-11-21T00:00:00Z,"EU, Ireland",v3.0.0,111122223333,${product},${region},${T},${lbm},${T},0,${T},${scopes[0]},${T},${scopes[1]},${T},${scopes[2]},444455556666,${month}-31T23:59:59Z,${month}-01T00:00:00Z`
const AWS = [
  AWS_HEADER,
  awsRow('AmazonEC2', 'eu-west-1', 0.004, [0.0001, 0.0024, 0.0015]),
  awsRow('AmazonS3', 'eu-west-1', 0.0008, [0, 0.0006, 0.0002]),
  awsRow('AmazonS3', 'us-east-1', 0.001, [0, 0.001, 0]),
  awsRow('AmazonEC2', 'eu-west-1', 9, [1, 4, 4], '2026-09'),
].join('\n')

/** 2 kWh over two hours of which the second is November: 1 kWh × PUE 1.2 × 400 g/kWh is 480 g in October. */
const OVER_THE_END = { wall: '2026-10-31T23:00:00.000Z', seconds: 7200, joules: 7.2e6 }

let home: string
let printed: string

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'ergometer-reconcile-'))
  printed = ''
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += text
    return true
  })
})
afterEach(() => vi.restoreAllMocks())

interface MadeRun {
  readonly wall: string
  readonly seconds: number
  readonly joules: number
  readonly place?: object
  readonly attributes?: object
  readonly id?: string
  readonly factors?: object
}

/** A run whose energy is spread evenly over it, as its recorder would have left it. */
function addRun(name: string, { wall, seconds, joules, place, attributes, id = 'gpu', factors }: MadeRun) {
  const folder = join(home, 'runs', name)
  mkdirSync(folder, { recursive: true })
  const lines = [
    {
      kind: 'start',
      version: 1,
      runId: name,
      name,
      monotonic: 100,
      wall,
      bootId: '3b1f6f0e-0000-4000-8000-000000000001',
      recorder: { pid: 1 },
      factors: factors ?? { intensity: 400, pue: 1.2 },
      config: {},
      versions: {},
    },
    ...(place ? [{ kind: 'place', t: 0, place }] : []),
    {
      kind: 'domain',
      t: 0,
      id: `nvml:${id}`,
      meter: 'nvml',
      interval: 1,
      domain: {
        id,
        kind: 'gpu',
        label: 'GPU',
        method: 'measured',
        reads: { quantity: 'interval-energy' },
        ...(attributes ? { attributes } : {}),
      },
    },
    { kind: 'late', domain: 0, from: 0, to: seconds, joules },
    { kind: 'end', t: seconds, status: 'completed' },
  ]
  writeFileSync(join(folder, 'journal.ndjson'), lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
}

function fileOf(text: string): string {
  const path = join(home, 'export')
  writeFileSync(path, text)
  return path
}

async function ask(provider: string, text: string, month = '2026-10'): Promise<Reconciliation> {
  const code = await main([
    'reconcile',
    '--provider',
    provider,
    '--month',
    month,
    '--home',
    home,
    '--file',
    fileOf(text),
    '--json',
  ])
  expect(code).toBe(0)
  return JSON.parse(printed) as Reconciliation
}

const IRELAND = { provider: 'aws', region: 'eu-west-1', account: '444455556666' }

describe("AWS's data export beside the runs", () => {
  it('has metric tons in grams, and of a run over the end of the month the part of that month', async () => {
    addRun('a', { ...OVER_THE_END, place: IRELAND })
    addRun('b', { wall: '2026-10-02T00:00:00.000Z', seconds: 3600, joules: 1.8e6, place: IRELAND })
    addRun('september', { wall: '2026-09-02T00:00:00.000Z', seconds: 60, joules: 1e6, place: IRELAND })
    const { rows, notAttributable, schema } = await ask('aws', AWS)
    expect(schema).toBe('ergometer.reconciliation/1')
    expect(notAttributable).toEqual([])
    expect(rows.map(({ region }) => region)).toEqual(['eu-west-1', 'us-east-1'])
    const [ireland, virginia] = rows
    // 4000 + 800 g; 480 g of run a, and 0.5 kWh × 1.2 × 400 = 240 g of run b.
    expect(ireland?.provider?.locationBasedGrams).toBeCloseTo(4800, 6)
    expect(ireland?.provider?.marketBasedGrams).toBe(0)
    expect(ireland?.runs.ids).toEqual(['b', 'a'])
    expect(ireland?.runs.provisional).toBe(0)
    expect(ireland?.differences.map(({ kind }) => kind)).not.toContain('provisional')
    expect(ireland?.runs.kilowattHours).toBeCloseTo(1.5, 9)
    expect(ireland?.runs.operationalGrams).toBeCloseTo(720, 6)
    expect(ireland?.explained?.of).toBe('locationBased')
    expect(ireland?.explained?.share).toBeCloseTo(0.15, 9)
    const grams = Object.fromEntries(ireland?.differences.map((one) => [one.kind, one.gramsCo2e]) ?? [])
    expect(grams['scope-1']).toBeCloseTo(100, 6)
    expect(grams['scope-3']).toBeCloseTo(1700, 6)
    expect(grams['not-metered']).toBeCloseTo(3000 - 720, 6)
    expect(virginia?.runs).toEqual({ ids: [], provisional: 0 })
    expect(virginia?.explained).toBeUndefined()
  })

  it('of the other month has the other part: both are the run', async () => {
    addRun('a', { ...OVER_THE_END, place: IRELAND })
    const november = AWS.replaceAll('2026-10', '2026-11')
    const [ireland] = (await ask('aws', november, '2026-11')).rows
    expect(ireland?.runs.joules).toBeCloseTo(3.6e6, 3)
  })

  it('counts once what two runs beside each other tell of one GPU', async () => {
    addRun('a', { wall: '2026-10-05T00:00:00.000Z', seconds: 3600, joules: 3.6e6, place: IRELAND })
    addRun('b', { wall: '2026-10-05T00:30:00.000Z', seconds: 3600, joules: 3.6e6, place: IRELAND })
    addRun('c', {
      wall: '2026-10-05T00:30:00.000Z',
      seconds: 3600,
      joules: 3.6e6,
      place: IRELAND,
      id: 'other',
    })
    const [ireland] = (await ask('aws', AWS)).rows
    expect(ireland?.runs.joules).toBeCloseTo(3.6e6 + 1.8e6 + 3.6e6, 3)
    expect(ireland?.differences.map(({ kind }) => kind)).toContain('overlap')
  })

  it('leaves out, and lists, a run without a place; takes the only account for one that tells none', async () => {
    addRun('nowhere', { ...OVER_THE_END })
    addRun('remote', {
      ...OVER_THE_END,
      id: 'i',
      attributes: { 'cloud.provider': 'aws', 'cloud.region': 'eu-west-1' },
    })
    addRun('marginal', {
      ...OVER_THE_END,
      place: IRELAND,
      id: 'm',
      factors: { source: { name: 'watttime', kind: 'marginal', basis: 'direct' } },
    })
    addRun('google', {
      ...OVER_THE_END,
      id: 'g',
      place: { provider: 'gcp', region: 'europe-west4', account: 'lab' },
    })
    const { rows, notAttributable, notes } = await ask('aws', AWS)
    expect(notAttributable.map(({ id }) => id).sort()).toEqual(['marginal', 'nowhere'])
    expect(notAttributable.find(({ id }) => id === 'nowhere')?.why).toContain('no place')
    expect(rows.flatMap(({ runs }) => runs.ids)).toEqual(['remote'])
    expect(notes.join()).toContain('444455556666')
  })

  it('says where a region is not reported, and where runs have more than the report', async () => {
    addRun('a', { ...OVER_THE_END, joules: 7.2e8, place: IRELAND })
    addRun('b', { ...OVER_THE_END, id: 'b', place: { ...IRELAND, region: 'ap-south-2' } })
    const { rows } = await ask('aws', AWS)
    const codes = (region: string) =>
      rows.find((row) => row.region === region)?.differences.map(({ kind }) => kind)
    expect(codes('ap-south-2')).toContain('not-reported')
    expect(codes('eu-west-1')).toContain('runs-exceed-report')
  })

  it('is a table for a person', async () => {
    addRun('a', { ...OVER_THE_END, place: IRELAND })
    addRun('nowhere', { ...OVER_THE_END, id: 'n' })
    const code = await main([
      'reconcile',
      '--provider',
      'aws',
      '--month',
      '2026-10',
      '--home',
      home,
      '--file',
      fileOf(AWS),
    ])
    expect(code).toBe(0)
    for (const word of ['4.80 kg', '480 g', '10 %', 'eu-west-1', 'Not attributable', 'PUE'])
      expect(printed).toContain(word)
  })
})

describe('Google and Azure', () => {
  it('Google tells kilograms, by project and region', async () => {
    addRun('a', { ...OVER_THE_END, place: { provider: 'gcp', region: 'europe-west4', account: 'lab' } })
    const row = {
      usage_month: '2026-10-01',
      project: { number: '1', id: 'lab' },
      service: { id: 'x', description: 'Compute Engine' },
      location: { location: 'europe-west4', region: 'europe-west4' },
      carbon_model_version: '12',
      carbon_footprint_kgCO2e: {
        scope1: 0.1,
        scope2: { location_based: 1.6, market_based: 0.4 },
        scope3: 0.7,
      },
      carbon_footprint_total_kgCO2e: { location_based: 2.4, market_based: 1.2, after_offsets: null },
    }
    const [found] = (await ask('gcp', JSON.stringify(row))).rows
    expect(found?.provider).toMatchObject({ locationBasedGrams: 2400, marketBasedGrams: 1200 })
    expect(found?.explained?.share).toBeCloseTo(0.2, 9)
  })

  it('Azure names no method, and where it tells of a subscription alone the runs of all its regions stand beside it', async () => {
    const account = 'b324c52b-4073-4807-93af-e07d289c093e'
    addRun('a', { ...OVER_THE_END, place: { provider: 'azure', region: 'westeurope', account } })
    addRun('b', { ...OVER_THE_END, id: 'b', place: { provider: 'azure', region: 'northeurope', account } })
    const reply = {
      value: [
        {
          dataType: 'TopItemsSummaryData',
          itemName: account,
          categoryType: 'Subscription',
          latestMonthEmissions: 4.8,
          previousMonthEmissions: 1,
        },
      ],
    }
    const [found] = (await ask('azure', JSON.stringify(reply))).rows
    expect(found?.provider).toEqual({ totalGrams: 4800, source: 'Azure Carbon Optimization' })
    expect(found?.explained?.of).toBe('total')
    expect(found?.explained?.share).toBeCloseTo(0.2, 9)
  })
})

describe('what is wrong with the question', () => {
  /** The one line that a user reads; the command line makes exit code 2 of it. */
  const trouble = async (...args: string[]): Promise<string> => {
    const program = new Command()
    addReconcileCommand(program)
    for (const one of [program, ...program.commands]) {
      one.exitOverride().configureOutput({ outputError: () => {} })
    }
    const error: Error = await program
      .parseAsync(['reconcile', '--home', home, ...args], { from: 'user' })
      .then(() => new Error('it was taken'))
      .catch((cause) => cause)
    expect(printed).toBe('')
    expect(error.message.trim()).not.toContain('\n')
    return error.message
  }

  it('is exit 2', async () => {
    expect(await main(['reconcile', '--provider', 'aws', '--month', '2026-13', '--home', home])).toBe(2)
  })

  it.each([
    ['a month that is none', ['--provider', 'aws', '--month', '2026-13'], /2026-10/],
    ['no file', ['--provider', 'aws', '--month', '2026-10'], /Data Exports/],
    [
      'a file that is not there',
      ['--provider', 'gcp', '--month', '2026-10', '--file', '/nowhere/x'],
      /ENOENT/,
    ],
    ['a folder', ['--provider', 'gcp', '--month', '2026-10', '--file', tmpdir()], /is no file/],
    ['a provider that is none', ['--provider', 'ibm', '--month', '2026-10'], /aws, gcp, azure/],
  ])('%s', async (_, args, expected) => {
    expect(await trouble(...args)).toMatch(expected)
  })

  it.each([
    ["another provider's columns", 'gcp', AWS, /usage_month/],
    ['a text of one huge cell', 'aws', `a,b\n"${'x'.repeat(9e6)}`, /Carbon report of aws/],
    ['a binary file', 'aws', '\0\0\0', /CSV/],
    ['nothing', 'azure', '', /CSV/],
  ])('%s is refused', async (_, provider, text, expected) => {
    const args = ['--provider', provider, '--month', '2026-10', '--file', fileOf(text)]
    expect(await trouble(...args)).toMatch(expected)
  })

  it('a report of other months says of which', async () => {
    const args = ['--provider', 'aws', '--month', '2026-11', '--file', fileOf(AWS)]
    expect(await trouble(...args)).toContain('2026-09 to 2026-10')
  })

  it('leaves runs as they are', async () => {
    addRun('a', { ...OVER_THE_END, place: IRELAND })
    const before = readFileSync(join(home, 'runs', 'a', 'journal.ndjson'))
    await ask('aws', AWS)
    expect(readFileSync(join(home, 'runs', 'a', 'journal.ndjson'))).toEqual(before)
  })
})
