import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CarbonError } from '../src/carbon-error.ts'
import { parseProviderReport } from '../src/provider-report.ts'

function refusal(act: () => unknown): string {
  try {
    act()
  } catch (error) {
    expect(CarbonError.isInstance(error)).toBe(true)
    expect((error as CarbonError).code).toBe('PROVIDER_REPORT_INVALID')
    return (error as CarbonError).message
  }
  throw new Error('it was taken')
}

describe("a data export of AWS's carbon emissions", () => {
  const HEADER =
    'last_refresh_timestamp,location,model_version,payer_account_id,product_code,region_code,total_lbm_emissions_unit,total_lbm_emissions_value,total_mbm_emissions_unit,total_mbm_emissions_value,usage_account_id,usage_period_end,usage_period_start'
  const row = (parts: {
    version?: string
    product?: string
    region?: string
    lbm?: string
    mbm?: string
    unit?: string
    month?: string
  }) => {
    const {
      version = 'v3.0.0',
      product = 'AmazonEC2',
      region = 'eu-west-1',
      lbm = '0.002',
      mbm = '0',
      unit = 'MTCO2e',
      month = '2026-10',
    } = parts
    return `2026-11-21T00:00:00Z,"EU, Ireland",${version},111122223333,${product},${region},${unit},${lbm},${unit},${mbm},444455556666,${month}-31T23:59:59Z,${month}-01T00:00:00Z`
  }

  it('is in metric tons: 0.002 and 0.0005 of two products are 2500 g of an account, region and month', () => {
    const text = [
      HEADER,
      row({}),
      row({ product: 'AmazonS3', lbm: '5e-4' }),
      row({ region: 'us-east-1', lbm: '1' }),
      '',
    ].join('\r\n')
    expect(parseProviderReport('aws', text)).toEqual([
      {
        provider: 'aws',
        account: '444455556666',
        region: 'eu-west-1',
        month: '2026-10',
        gramsCo2e: { locationBased: 2500, marketBased: 0 },
        source: 'AWS data export v3.0.0',
      },
      {
        provider: 'aws',
        account: '444455556666',
        region: 'us-east-1',
        month: '2026-10',
        gramsCo2e: { locationBased: 1e6, marketBased: 0 },
        source: 'AWS data export v3.0.0',
      },
    ])
  })

  it('has a month that was computed anew once: by the latest model', () => {
    const text = [
      HEADER,
      row({ version: 'v3.0.9', lbm: '1' }),
      row({ version: 'v3.0.10', lbm: '2' }),
      row({ version: 'v3.0.9', month: '2026-09', lbm: '4' }),
    ].join('\n')
    expect(
      parseProviderReport('aws', text).map(({ month, gramsCo2e }) => [month, gramsCo2e.locationBased]),
    ).toEqual([
      ['2026-10', 2e6],
      ['2026-09', 4e6],
    ])
  })

  it('does not add up what a part of it lacks', () => {
    const text = [HEADER, row({}), row({ product: 'AmazonS3', mbm: '' })].join('\n')
    expect(parseProviderReport('aws', text)[0]?.gramsCo2e).toEqual({ locationBased: 4000 })
  })

  it('with a figure that is no number, as where a comma stands before decimals, is refused', () => {
    for (const lbm of ['"0,5"', '"1,234.5"', '=1+1']) {
      expect(refusal(() => parseProviderReport('aws', [HEADER, row({ lbm })].join('\n')))).toMatch(
        /row 2, total_lbm_emissions_value: expected a number/,
      )
    }
  })

  it('in another unit is refused', () => {
    expect(refusal(() => parseProviderReport('aws', [HEADER, row({ unit: 'kgCO2e' })].join('\n')))).toMatch(
      /row 2, total_lbm_emissions_unit: expected MTCO2e/,
    )
  })
})

describe("a reply of AWS's Sustainability API", () => {
  const result = (parts: object = {}) => ({
    DimensionsValues: { USAGE_ACCOUNT_ID: '444455556666', REGION: 'eu-west-1' },
    EmissionsValues: {
      TOTAL_LBM_CARBON_EMISSIONS: { Value: 0.25, Unit: 'MTCO2e' },
      TOTAL_SCOPE_1_CARBON_EMISSIONS: { Value: 0.01, Unit: 'MTCO2e' },
    },
    ModelVersion: 'v3.0.0',
    TimePeriod: { Start: '2026-10-01T00:00:00Z', End: '2026-11-01T00:00:00Z' },
    ...parts,
  })

  it('is in metric tons, with its times as text or as seconds', () => {
    const times = { TimePeriod: { Start: Date.UTC(2026, 8, 1) / 1000, End: Date.UTC(2026, 9, 1) / 1000 } }
    const rows = parseProviderReport('aws', JSON.stringify({ Results: [result(), result(times)] }))
    expect(rows).toEqual([
      {
        provider: 'aws',
        account: '444455556666',
        region: 'eu-west-1',
        month: '2026-10',
        gramsCo2e: { locationBased: 250_000, scope1: 10_000 },
        source: 'AWS Sustainability v3.0.0',
      },
      expect.objectContaining({ month: '2026-09' }),
    ])
  })

  it('of a quarter is refused: a month is compared', () => {
    const quarter = result({ TimePeriod: { Start: '2026-07-01T00:00:00Z', End: '2026-10-01T00:00:00Z' } })
    expect(refusal(() => parseProviderReport('aws', JSON.stringify({ Results: [quarter] })))).toMatch(
      /MONTHLY/,
    )
  })
})

describe("Google's carbon footprint export", () => {
  const nested = {
    usage_month: '2026-10-01',
    project: { number: '1', id: 'my-project' },
    location: { location: 'europe-west1-b', region: 'europe-west1' },
    service: { description: 'Compute Engine' },
    carbon_model_version: '14',
    carbon_footprint_kgCO2e: { scope1: 0.5, scope2: { location_based: '40', market_based: 10 }, scope3: 2 },
    carbon_footprint_total_kgCO2e: { location_based: 42.5, market_based: 12.5, after_offsets: null },
  }
  const expected = {
    provider: 'gcp',
    account: 'my-project',
    region: 'europe-west1',
    month: '2026-10',
    gramsCo2e: {
      locationBased: 42_500,
      marketBased: 12_500,
      scope1: 500,
      scope2LocationBased: 40_000,
      scope2MarketBased: 10_000,
      scope3: 2000,
    },
    source: 'Google Carbon Footprint model 14',
  }

  it('is in kilograms, as JSON, as lines of JSON, and as CSV with dots or underscores', () => {
    expect(parseProviderReport('gcp', JSON.stringify([nested]))).toEqual([expected])
    expect(parseProviderReport('gcp', `\uFEFF${JSON.stringify([nested])}`)).toEqual([expected])
    const twice = parseProviderReport('gcp', `${JSON.stringify(nested)}\n${JSON.stringify(nested)}\n`)
    expect(twice).toEqual([
      { ...expected, gramsCo2e: expect.objectContaining({ locationBased: 85_000, scope3: 4000 }) },
    ])
    for (const separator of ['.', '_']) {
      const names = [
        'usage_month',
        'project.id',
        'location.region',
        'carbon_footprint_total_kgCO2e.location_based',
      ]
      const header = names.map((name) => name.replace('.', separator)).join(',')
      expect(parseProviderReport('gcp', `${header}\n2026-10-01,my-project,europe-west1,1.5\n`)).toEqual([
        { ...expected, gramsCo2e: { locationBased: 1500 }, source: 'Google Carbon Footprint' },
      ])
    }
  })

  it('without a month or a figure is refused', () => {
    expect(refusal(() => parseProviderReport('gcp', 'a,b\n1,2\n'))).toMatch(/expected usage_month/)
    expect(refusal(() => parseProviderReport('gcp', '{"usage_month":"2026-10-01"}'))).toMatch(/kgCO2e/)
  })
})

describe("Azure's carbon emissions", () => {
  it('are in kilograms, by location, subscription or resource; some name no month', () => {
    const monthly = {
      value: [
        {
          dataType: 'TopItemsMonthlySummaryData',
          itemName: 'West Europe',
          categoryType: 'Location',
          date: '2026-10-01',
          latestMonthEmissions: 1.25,
        },
        {
          dataType: 'TopItemsMonthlySummaryData',
          itemName: 'West Europe',
          categoryType: 'Location',
          date: '2026-09-01',
          latestMonthEmissions: 2,
        },
      ],
    }
    expect(parseProviderReport('azure', JSON.stringify(monthly))).toEqual([
      {
        provider: 'azure',
        region: 'westeurope',
        month: '2026-10',
        gramsCo2e: { total: 1250 },
        source: 'Azure Carbon Optimization',
      },
      {
        provider: 'azure',
        region: 'westeurope',
        month: '2026-09',
        gramsCo2e: { total: 2000 },
        source: 'Azure Carbon Optimization',
      },
    ])
    const subscriptionId = 'B324C52B-4073-4807-93AF-E07D289C093E'
    const resources = {
      value: [1, 2].map((latestMonthEmissions) => ({
        subscriptionId,
        location: 'westeurope',
        latestMonthEmissions,
      })),
    }
    expect(refusal(() => parseProviderReport('azure', JSON.stringify(resources)))).toMatch(/names no month/)
    expect(parseProviderReport('azure', JSON.stringify(resources), { month: '2026-10' })).toEqual([
      {
        provider: 'azure',
        account: subscriptionId.toLowerCase(),
        region: 'westeurope',
        month: '2026-10',
        gramsCo2e: { total: 3000 },
        source: 'Azure Carbon Optimization',
      },
    ])
  })

  it('come as CSV too', () => {
    const text = `Subscription ID,Location,Month,"Emissions (kgCO2E)"\n/subscriptions/b324c52b-4073-4807-93af-e07d289c093e,West Europe,2026-10,"0.5"\n`
    expect(parseProviderReport('azure', text)).toMatchObject([
      { account: 'b324c52b-4073-4807-93af-e07d289c093e', region: 'westeurope', gramsCo2e: { total: 500 } },
    ])
  })
})

describe('a report that is none', () => {
  it('is refused, whatever it is', () => {
    const text = fc.oneof(
      fc.string(),
      fc.json(),
      fc.string().map((one) => `a,b\n"${one}`),
    )
    fc.assert(
      fc.property(fc.constantFrom('aws', 'gcp', 'azure'), text, (provider, anything) => {
        refusal(() => parseProviderReport(provider, anything))
      }),
    )
  })
})
