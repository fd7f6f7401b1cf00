import { expect, it } from 'vitest'
import { parseMemInfo } from '../src/proc-meminfo.ts'
import { countCpus, parseProcStat } from '../src/proc-stat.ts'

const text = `cpu  3957 10 2384 187496 530 7 42 19 100 5
cpu0 1647 0 994 94535 15 0 8 6 0 0
cpu1 2309 10 1390 92960 515 7 34 12 100 5
intr 198755 0 0
`

it('counts work, and neither idle nor I/O waiting nor stolen time; guests are inside user already', () => {
  const busy = 3957 + 10 + 2384 + 7 + 42
  expect(parseProcStat(text)).toEqual({ busy, total: busy + 187496 + 530 + 19 })
  expect(countCpus(text)).toBe(2)
})

it('reads the four columns of an old kernel, and a cut-off text', () => {
  expect(parseProcStat('cpu  1 2 3 4')).toEqual({ busy: 6, total: 10 })
})

it.each(['', 'cpu\n', 'cpu0 1 2 3 4\n', 'cpu  1 2\n', 'cpu  0 0 0 0 0 0 0 0 0 0\n', 'cpu  a b c d\n'])(
  'knows nothing from %j',
  (nothing) => expect(parseProcStat(nothing)).toBeUndefined(),
)

it('takes memory in use as what is not available', () => {
  const meminfo = 'MemTotal:       24684096 kB\nMemFree:        24279212 kB\nMemAvailable:   24270920 kB\n'
  expect(parseMemInfo(meminfo)).toEqual({
    totalBytes: 24684096 * 1024,
    bytesInUse: (24684096 - 24270920) * 1024,
  })
  expect(parseMemInfo('MemTotal: 5 kB\n')).toBeUndefined()
})
