import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { packageOf } from './architecture.ts'
import { document, root } from './samples.ts'
import { installedPackages } from './sources.ts'
import { worldOf } from './world.ts'

describe('ARCHITECTURE.md', () => {
  const text = document('ARCHITECTURE.md')
  const packages = installedPackages()

  test('has the world of every package, and of no other', () => {
    const headings = [...text.matchAll(/^### `(.+)`$/gm)].map(([, name]) => name)
    expect(headings.sort()).toEqual(packages.map(({ name }) => name).sort())
  })

  test.each(packages.map((subject) => [subject.name, subject] as const))(
    '%s: what touches the world',
    (name, subject) => {
      const section = text.split(`\n### \`${name}\`\n`)[1]?.split(/^##/m)[0] ?? ''
      const rows = [...section.matchAll(/^\| `([^`]+)` +\| ([^|]+?) +\|$/gm)]
      const documented = rows.map(([, file, words]) => `${file}: ${words}`)
      const found = [...worldOf(subject)].map(([file, words]) => `${file}: ${words.join(', ')}`)
      expect(documented.sort()).toEqual(found.sort())
    },
  )

  test('explains every word of these tables', () => {
    const words = new Set(packages.flatMap((subject) => [...worldOf(subject).values()].flat()))
    const explained = new Set([...text.matchAll(/^\| ([a-z]+) +\|/gm)].map(([, word]) => word))
    expect([...words].filter((word) => !explained.has(word))).toEqual([])
  })

  test('names files that there are', () => {
    const named = [...text.matchAll(/`((?:[a-z-]+)\/src\/[a-z-]+\.ts)`/g)].map(([, path]) => path as string)
    expect(named.length).toBeGreaterThan(15)
    expect(named.filter((path) => !existsSync(join(root, 'packages', path)))).toEqual([])
    const sources = new Set(packages.flatMap(({ files }) => [...files.keys()]))
    const short = [...text.matchAll(/`([a-z-]+\.ts)`/g)].map(([, file]) => file as string)
    expect(short.filter((file) => !sources.has(`src/${file}`))).toEqual([])
  })
})

describe('the search for the world', () => {
  test.each([
    ["import { readFileSync } from 'node:fs'", ['files']],
    ["import { open } from 'node:fs/promises'", ['files']],
    ["import type { Stats } from 'node:fs'", []],
    ["import { type Stats } from 'node:fs'", []],
    ["import { spawn } from 'node:child_process'", ['processes']],
    ["import { Worker } from 'node:worker_threads'", ['processes']],
    ["import { tmpdir } from 'node:os'", ['machine']],
    ["import { Socket } from 'node:net'", ['streams']],
    ["import http from 'node:https'", ['network']],
    ["import { join } from 'node:path'", []],
    ["import { x } from 'node:vm'", ['node:vm?']],
    ['const t = process.hrtime.bigint()', ['clock']],
    ['const t = Date.now()', ['clock']],
    ['const t = new Date()', ['clock']],
    ['const t = new Date(0)', []],
    ['const t = Date.parse(text)', []],
    ['const t = performance.now()', ['clock']],
    ['setTimeout(f, 1)', ['timers']],
    ['const { setTimeout } = given', []],
    ['process.kill(1, 0)', ['processes']],
    ['process.stdout.write(text)', ['streams']],
    ["const home = process.env['HOME']", ['process']],
    ['const { env } = process', ['process']],
    ['const process = line.process', []],
    ['lines.push({ process, t })', []],
    ['await fetch(url)', ['network']],
    ['const { fetch } = context', []],
    ['const given = globalThis.fetch', ['network']],
    ['await import(url)', ['code']],
    ["await import('./settings.ts')", []],
    ['const x = Math.random()', ['chance']],
    ['type Timer = ReturnType<typeof setTimeout>', []],
  ])('%s', (source, words) => {
    const subject = packageOf('x', new Map([['src/x.ts', source]]))
    expect(worldOf(subject).get('x.ts') ?? []).toEqual(words)
  })
})
