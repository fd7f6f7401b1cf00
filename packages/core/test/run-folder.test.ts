import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join, relative } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { findRun, JOURNAL_FILE, makeRunFolder, newRunId, runFolders } from '../src/run-folder.ts'

let home: string

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'ergometer-home-'))
})

afterEach(() => {
  rmSync(home, { recursive: true, force: true })
})

function addRun(id: string): string {
  const folder = join(home, 'runs', id)
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, JOURNAL_FILE), '')
  return folder
}

describe('a run id', () => {
  test("is a folder's name that leads nowhere else, whatever the run is called", () => {
    const names = fc.oneof(
      fc.string(),
      fc.constantFrom('../../etc', '/', '..', '', 'C:\\x', 'a\0b', 'Grüße 1'),
    )
    fc.assert(
      fc.property(names, (name) => {
        const id = newRunId(name, new Date('2024-05-06T07:08:09.5Z'))
        expect(id).toMatch(/^20240506-070809-[a-z0-9]+(-[a-z0-9]+)*-?-[0-9a-f]{6}$/)
        expect(id.length).toBeLessThan(64)
        expect(dirname(join(home, 'runs', id))).toBe(join(home, 'runs'))
      }),
    )
    expect(newRunId('My Run', new Date(0))).toMatch(/^19700101-000000-my-run-/)
  })

  test('is different for each run', () => {
    const ids = Array.from({ length: 100 }, () => newRunId('x', new Date(0)))
    expect(new Set(ids).size).toBeGreaterThan(98)
  })
})

describe('a run folder', () => {
  test('is made once, for the user alone, in a home that version control leaves out', async () => {
    const fresh = join(home, 'new')
    const folder = await makeRunFolder(fresh, 'one')
    expect(relative(fresh, folder)).toBe(join('runs', 'one'))
    expect(statSync(folder).mode & 0o777).toBe(0o700)
    expect(readFileSync(join(fresh, '.gitignore'), 'utf8')).toBe('*\n')
    await expect(makeRunFolder(fresh, 'one')).rejects.toMatchObject({ code: 'EEXIST' })
  })

  test.each(['../escape', '..', '.', '', 'a/b', '/etc/x'])(
    'never lies outside of its home: %j',
    async (id) => {
      await expect(makeRunFolder(home, id)).rejects.toThrow(/run id/)
    },
  )
})

describe('finding a run', () => {
  test('works by its id, a unique prefix, its folder, or latest', () => {
    const first = addRun('20240101-000000-a-000001')
    const second = addRun('20240102-000000-b-000002')
    expect(findRun(home, '20240101-000000-a-000001')).toBe(first)
    expect(findRun(home, '20240101')).toBe(first)
    expect(findRun(home, second)).toBe(second)
    expect(findRun(home)).toBe(second)
    expect(findRun(home, 'latest')).toBe(second)
    expect(runFolders(home)).toEqual([first, second])
  })

  test('prefers an id to a prefix of others', () => {
    const short = addRun('run')
    addRun('run-2')
    expect(findRun(home, 'run')).toBe(short)
  })

  test('of one second takes the one that was made last for the latest', async () => {
    addRun('20240101-000000-z-000001')
    await new Promise((resolve) => setTimeout(resolve, 20))
    const last = addRun('20240101-000000-a-000002')
    expect(findRun(home)).toBe(last)
  })

  test('passes over folders without a journal', () => {
    const run = addRun('20240101-000000-a-000001')
    mkdirSync(join(home, 'runs', '20250101-000000-b-000002'))
    expect(findRun(home)).toBe(run)
  })

  test.each([
    ['nope', 'RUN_UNKNOWN', /nope.*expected an id/],
    ['', 'RUN_UNKNOWN', /expected an id/],
    ['2024', 'RUN_AMBIGUOUS', /2 runs begin so.*20240101-a, 20240102-b/],
    ['../../..', 'RUN_UNKNOWN', /expected a run folder/],
    ['.', 'RUN_UNKNOWN', /expected a run folder/],
    ['__proto__', 'RUN_UNKNOWN', /expected an id/],
  ])('says what is wrong with %j in one line', (run, code, message) => {
    addRun('20240101-a')
    addRun('20240102-b')
    try {
      expect(basename(findRun(home, run))).toBe('never')
    } catch (error) {
      expect(error).toMatchObject({ code, message: expect.stringMatching(message) })
      expect((error as Error).message).not.toContain('\n')
      return
    }
    throw new Error('found a run')
  })

  test('in an empty home says how to record one', () => {
    expect(() => findRun(home)).toThrow(/ergometer run/)
    expect(runFolders(join(home, 'nowhere'))).toEqual([])
  })
})
