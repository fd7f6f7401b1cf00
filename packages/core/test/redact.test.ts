import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { redactArguments, redactText, redactValue } from '../src/redact.ts'

const SECRET = 'hunter2-s3cr3t'

describe('secrets', () => {
  test.each([
    [['train.py', '--api-key', SECRET]],
    [['--api-key=hunter2-s3cr3t']],
    [['--HF_TOKEN', SECRET, '--epochs', '3']],
    [['WANDB_API_KEY=hunter2-s3cr3t', 'python']],
    [['-password', SECRET]],
    [['--db.password=hunter2-s3cr3t']],
    [['--credentials', SECRET]],
    [['https://user:hunter2-s3cr3t@host/path']],
    [['postgres://user:p@ss:hunter2-s3cr3t@host/db']],
    [['--url=redis://:hunter2-s3cr3t@host:6379/0']],
    [['http://host/?a=1&access_token=hunter2-s3cr3t&b=2']],
    [['http://host/?apikey=hunter2-s3cr3t']],
    [['-H', 'Authorization: Bearer hunter2-s3cr3t']],
    [['-H', 'authorization: basic hunter2-s3cr3t']],
    [['--config', '{"apiKey":"hunter2-s3cr3t","epochs":3}']],
  ])('in %j are hidden', (args) => {
    const said = redactArguments(args)
    expect(said.join(' ')).not.toContain(SECRET)
    expect(said.join(' ')).toContain('***')
    expect(said).toHaveLength(args.length)
  })

  test.each([
    [['python', 'train.py', '--lr', '0.1', 'data.csv']],
    [['--token', '--verbose']],
    [['https://host/path?a=1', 'git@github.com:a/b.git', 'a@b.example']],
    [['--basic', 'basic training', '-x=1']],
  ])('are not seen in %j', (args) => {
    expect(redactArguments(args)).toEqual(args)
  })

  test('are hidden at any depth of a value, by name', () => {
    const value = {
      a: [{ apiKey: SECRET, b: 1 }],
      url: 'http://u:hunter2-s3cr3t@h/',
      Password: { deep: SECRET },
      n: null,
    }
    expect(redactValue(value)).toEqual({
      a: [{ apiKey: '***', b: 1 }],
      url: 'http://***@h/',
      Password: '***',
      n: null,
    })
  })

  test('stay hidden whatever stands around them', () => {
    const user = fc.stringMatching(/^[A-Za-z0-9:@._~-]{0,12}$/)
    const option = fc.tuple(
      fc.stringMatching(/^[a-z-]{0,6}$/),
      fc.constantFrom('key', 'token', 'SECRET', 'Password'),
    )
    fc.assert(
      fc.property(
        user,
        option,
        fc.constantFrom('https', 's3', 'mongodb+srv'),
        (before, [prefix, name], scheme) => {
          expect(redactText(`${scheme}://${before}${SECRET}@host/x`)).not.toContain(SECRET)
          expect(redactArguments([`--${prefix}${name}=${SECRET}`]).join()).not.toContain(SECRET)
          expect(redactArguments([`--a${prefix}${name}`, SECRET]).join(' ')).not.toContain(SECRET)
        },
      ),
    )
  })

  test('are looked for in long text without a standstill', () => {
    const begun = performance.now()
    for (const text of [
      'a'.repeat(200_000),
      '?key'.repeat(20_000),
      '"key'.repeat(20_000),
      'a://'.repeat(20_000),
    ]) {
      redactText(text)
    }
    expect(performance.now() - begun).toBeLessThan(5000)
  })
})
