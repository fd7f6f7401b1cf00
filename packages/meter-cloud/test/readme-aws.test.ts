import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { awsOptions } from '../src/aws-options.ts'

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8')
const readme = read('../README.md')
const aws = readme.split('\n## AWS\n')[1]?.split('\n## ')[0] ?? ''
const sources = readdirSync(new URL('../src/', import.meta.url))
  .filter((file) => file.startsWith('aws-') || file.startsWith('cloud'))
  .map((file) => read(`../src/${file}`))
  .join('\n')

/** What stands as code in the first cells of the table below a heading. */
function firstCells(heading: string): string[] {
  const section = readme.split(new RegExp(`\n#+ ${heading}\n`))[1]?.split('\n#')[0] ?? ''
  const cells = [...section.matchAll(/^\| ([^|]*`[^|]*) \|/gm)].map(([, cell]) => cell as string)
  return cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, code]) => code as string))
}

describe('the AWS part of the README', () => {
  it('has commands with options that are accepted', async () => {
    const commands = [...aws.matchAll(/--meter 'cloud=(\{.*?\})' --/g)].map(([, json]) =>
      JSON.parse(json as string),
    )
    expect(commands).toHaveLength(2)
    for (const one of commands) expect(await awsOptions['~standard'].validate(one)).toEqual({ value: one })
  })

  it('has every option', () => {
    const inCode = [...read('../src/aws-options.ts').matchAll(/^ {2}readonly (\w+)\??:/gm)].map(
      ([, name]) => name,
    )
    expect(firstCells('Options').sort()).toEqual(inCode.sort())
  })

  it('has every error', () => {
    const inCode = new Set([...sources.matchAll(/'(CLOUD_[A-Z_]+)'/g)].map(([, code]) => code as string))
    expect(inCode.size).toBeGreaterThan(5)
    expect(firstCells('Errors')).toEqual(expect.arrayContaining([...inCode]))
  })

  it('names every metric that is read', () => {
    const metrics = [...sources.matchAll(/'(nvidia_smi_\w+|\w*Utilization)'/g)].map(
      ([, name]) => name as string,
    )
    expect(new Set(metrics).size).toBe(4)
    for (const name of metrics) expect(aws).toContain(`\`${name}\``)
  })
})

describe('its policy', () => {
  const policy = JSON.parse(/```json\n([\s\S]*?)```/.exec(aws)?.[1] ?? '{}') as {
    Version: string
    Statement: { Sid: string; Effect: string; Action: string[]; Resource: string }[]
  }

  it('is one of the current language, and allows exactly what is asked for', () => {
    expect(policy.Version).toBe('2012-10-17')
    for (const { Sid, Effect, Action, Resource, ...rest } of policy.Statement) {
      expect(Sid).toMatch(/^[A-Za-z0-9]+$/)
      expect(Effect).toBe('Allow')
      expect(Resource).toMatch(/^(\*|arn:aws:[a-z]+:\*:\*:[a-z-]+\/\*)$/)
      expect(rest).toEqual({})
      for (const action of Action) expect(action).toMatch(/^[a-z]+:[A-Z][A-Za-z]+$/)
    }
    const allowed = policy.Statement.flatMap(({ Action }) => Action)
    const asked = new Set(
      [...sources.matchAll(/'((?:cloudwatch|sagemaker):\w+)'/g)].map(([, action]) => action),
    )
    expect(allowed.sort()).toEqual([...asked].sort())
  })
})
