import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { withTimeLimit } from '../src/index.ts'

const never = () => new Promise<never>(() => {})
const unaborted = () => new AbortController().signal

test('what is done in time is handed on, and so is what it throws', async () => {
  expect(await withTimeLimit(60, unaborted(), async () => 'done')).toBe('done')
  await expect(withTimeLimit(60, unaborted(), () => Promise.reject(new Error('no')))).rejects.toThrow('no')
})

test('what takes longer is given up, heeding its signal or not, and garbage collected or not', async () => {
  setFlagsFromString('--expose-gc')
  const collecting = setInterval(runInNewContext('gc') as () => void, 10)
  try {
    await expect(withTimeLimit(0.1, unaborted(), never)).rejects.toThrow('not done within 0.1 s')
    const heeding = (signal: AbortSignal) =>
      new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    await expect(withTimeLimit(0.1, unaborted(), heeding)).rejects.toMatchObject({ name: 'TimeoutError' })
  } finally {
    clearInterval(collecting)
  }
})

test("it ends with the caller's signal, for the same reason", async () => {
  const caller = new AbortController()
  const waiting = withTimeLimit(60, caller.signal, never)
  caller.abort(new Error('closed'))
  await expect(waiting).rejects.toThrow('closed')
  await expect(withTimeLimit(60, caller.signal, async () => 'never begun')).rejects.toThrow('closed')
})
