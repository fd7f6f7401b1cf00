import fc from 'fast-check'
import { expect, it } from 'vitest'
import { plainText } from '../src/plain-text.ts'
import { textWidth, truncate, wrap } from '../src/text-width.ts'

it.each([
  ['\x1b[31mred\x1b[0m', 'red'],
  ['\x1b]8;;https://example.org\x07link\x1b]8;;\x07', 'link'],
  ['\x1b]0;title\x07name', 'name'],
  ['one\r\n\ttwo', 'one two'],
  ['\x1b\x1b[31m[31mnested', '�[31mnested'],
  ['bell\x07 and \x9b31m', 'bell� and'],
  ['\u202egnp.exe', '�gnp.exe'],
  ['zero\u200bwidth\u2028line', 'zero�width line'],
  ['half \ud83d pair', 'half � pair'],
  ['o\u0301\u0301\u0301\u0301\u0301\u0301\u0301', 'o\u0301\u0301\u0301\u0301'],
  ['👩‍🚀', '👩‍🚀'],
])('neutralises %j', (hostile, plain) => expect(plainText(hostile)).toBe(plain))

it('cuts endless texts', () => expect(plainText('x'.repeat(1e6))).toHaveLength(1001))

it('lets nothing through that a terminal obeys, and changes nothing the second time', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
      expect(plainText(text)).not.toMatch(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u)
      expect(plainText(plainText(text))).toBe(plainText(text))
    }),
  )
})

it.each([
  ['plain', 5],
  ['日本語', 6],
  ['한국어', 6],
  ['ﾊﾞﾝ', 3],
  ['e\u0301', 1],
  ['👩‍👩‍👧‍👦', 2],
  ['🇩🇪', 2],
  ['नमस्ते', 3],
  ['0.4 ± 0.1 µJ · ▏', 16],
])('measures %s as %i columns', (text, width) => expect(textWidth(text)).toBe(width))

it('cuts and breaks texts to a width', () => {
  expect(truncate('nvml:GPU-5f8e2a7c', 9)).toBe('nvml:GPU…')
  expect(truncate('日本語', 4)).toBe('日…')
  expect(truncate('日本語', 2)).toBe('…')
  expect(truncate('ab', 0)).toBe('')
  expect(wrap('one two three', 7)).toEqual(['one two', 'three'])
  expect(wrap('a verylongword', 5)).toEqual(['a', 'veryl', 'ongwo', 'rd'])
  expect(wrap(`a\u0903\u0903\u0903b`, 3)).toEqual(['�b'])
})

it('keeps to a width, and loses nothing in breaking', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 12, max: 40 }), (text, width) => {
      const plain = plainText(text)
      expect(textWidth(truncate(plain, width))).toBeLessThanOrEqual(width)
      const lines = wrap(plain, width)
      for (const line of lines) expect(textWidth(line)).toBeLessThanOrEqual(width)
      expect(lines.join('').replaceAll(' ', '')).toBe(plain.replaceAll(' ', ''))
    }),
  )
})
