import { describe, expect, it } from 'vitest'
import { after } from '../src/fine-timer.ts'

describe('a timer', () => {
  it.each([0, 0.0004, 0.002, 0.02])('of %d s never comes early', async (seconds) => {
    const begin = performance.now()
    await new Promise<void>((resolve) => after(seconds, resolve))
    expect((performance.now() - begin) / 1000).toBeGreaterThanOrEqual(seconds - 0.0001)
  })

  it.each([0, 0.0004, 0.002, 0.02])('of %d s that is cancelled never comes', async (seconds) => {
    let came = false
    const cancel = after(seconds, () => {
      came = true
    })
    cancel()
    await new Promise<void>((resolve) => after(0.03, resolve))
    expect(came).toBe(false)
  })

  it('however short lets the event loop turn', async () => {
    let turns = 0
    let ended = false
    setTimeout(() => {
      ended = true
    }, 20)
    while (!ended) {
      await new Promise<void>((resolve) => after(0.001, resolve))
      turns++
    }
    expect(turns).toBeGreaterThan(1)
  })
})
