import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { azureOptions } from '../src/azure-options.ts'
import { azureTokens } from '../src/azure-token.ts'
import { googleOptions } from '../src/google-options.ts'
import * as signals from '../src/google-signals.ts'
import { googleTokens } from '../src/google-token.ts'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')

function section(heading: string): string {
  return readme.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? ''
}

function blocks(text: string, language: string): string[] {
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(
    ([, code]) => code as string,
  )
}

/** The options of each command. */
function commands(text: string): unknown[] {
  return [...text.matchAll(/--meter 'cloud=(\{.*?\})' --/g)].map(([, json]) => JSON.parse(json as string))
}

describe.each([
  ['Google Cloud', googleOptions, 3],
  ['Azure', azureOptions, 2],
] as const)('the commands for %s', (heading, schema, count) => {
  it('have options that are accepted', async () => {
    const all = commands(section(heading))
    expect(all).toHaveLength(count)
    for (const one of all) expect(await schema['~standard'].validate(one)).toMatchObject({ value: one })
  })
})

describe('the options', () => {
  it.each([
    ['Google Cloud', 'google'],
    ['Azure', 'azure'],
  ])('of %s are all there', (heading, file) => {
    const source = readFileSync(new URL(`../src/${file}-options.ts`, import.meta.url), 'utf8')
    const inCode = [...source.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, name]) => name)
    const table = readme.split(`\n### Options of ${heading}\n`)[1]?.split('\n#')[0] ?? ''
    const cells = [...table.matchAll(/^\| ([^|]*`[^|]*) \|/gm)].map(([, cell]) => cell as string)
    const told = cells.flatMap((cell) => [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name))
    expect(told.sort()).toEqual(inCode.sort())
  })
})

describe('the installation', () => {
  it('is the one that errors advise', async () => {
    const missing = () => Promise.reject(new Error('no such package'))
    for (const [heading, tokens] of [
      ['Google Cloud', googleTokens({}, missing)],
      ['Azure', azureTokens(missing)],
    ] as const) {
      const [install] = blocks(section(heading), 'sh').flatMap((block) => block.split('\n'))
      await expect(tokens.token(false)).rejects.toMatchObject({ fixes: [install] })
    }
  })
})

describe('the roles', () => {
  it('allow to read metrics, and nothing else', () => {
    const google = JSON.parse(blocks(section('Google Cloud'), 'json')[0] as string)
    expect(google.includedPermissions).toEqual(['monitoring.timeSeries.list'])
    expect(google.stage).toBe('GA')
    const azure = JSON.parse(blocks(section('Azure'), 'json')[0] as string)
    expect(azure).toMatchObject({ IsCustom: true, NotActions: [], DataActions: [], NotDataActions: [] })
    expect(azure.Actions).toEqual(['Microsoft.Insights/Metrics/Read'])
    for (const scope of azure.AssignableScopes) expect(scope).toMatch(/^\/subscriptions\/[0-9a-f-]{36}$/)
  })
})

describe('the metrics', () => {
  it('are those that are read', () => {
    const types = Object.values(signals).flatMap((one) => (typeof one === 'object' ? [one.type] : []))
    expect(types.length).toBeGreaterThan(4)
    for (const type of types) expect(section('Google Cloud')).toContain(`\`${type}\``)
  })
})
