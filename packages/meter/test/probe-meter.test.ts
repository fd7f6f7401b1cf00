import { describe, expect, test, vi } from 'vitest'
import {
  defineMeter,
  definitionOf,
  type MeterDefinition,
  MeterError,
  probeIsolated,
  probeMeter,
} from '../src/index.ts'
import { CHILD, domainOf, fixture } from './fixture.ts'

const close = vi.fn()

function loadedOf(parts: Partial<MeterDefinition>) {
  const open: MeterDefinition['open'] = () => ({ domains: [domainOf()], read() {}, close })
  const factory = defineMeter('file:///meter.mjs', { name: 'probed', open, ...parts } as MeterDefinition)
  return { definition: definitionOf(factory), options: { watts: 7 } }
}

describe('probing a meter', () => {
  test('tells its domains, and closes it again', async () => {
    const probe = vi.fn((_options: unknown, _context: unknown) => ({ available: true }) as const)
    const found = await probeMeter(loadedOf({ probe }), { sysRoot: '/host/sys' })
    expect(found).toEqual({ availability: { available: true }, domains: [domainOf()] })
    expect(probe).toHaveBeenCalledWith({ watts: 7 }, expect.objectContaining({ sysRoot: '/host/sys' }))
    expect(close).toHaveBeenCalledOnce()
  })

  test('opens it if it has no probe of its own', async () => {
    expect((await probeMeter(loadedOf({}))).availability).toEqual({ available: true })
    const open = () => {
      throw new Error('no such device')
    }
    expect((await probeMeter(loadedOf({ open }))).availability).toEqual({
      available: false,
      why: "meter 'probed' cannot be opened: no such device",
    })
  })

  test('passes on what would mend it, if it says so when it cannot be opened', async () => {
    const fixes = ['modprobe plug']
    const open = () => {
      throw new MeterError('no driver', { outcome: 'fatal', fixes })
    }
    const availability = { available: false, why: 'no driver', fixes }
    expect((await probeMeter(loadedOf({ open }))).availability).toEqual(availability)
  })

  test('opens nothing that is not available', async () => {
    const open = vi.fn()
    const answer = {
      available: false,
      why: 'no driver',
      file: '/dev/plug',
      fixes: ['modprobe plug'],
    } as const
    expect(await probeMeter(loadedOf({ probe: () => answer, open }))).toEqual({
      availability: answer,
      domains: [],
    })
    expect(open).not.toHaveBeenCalled()
  })

  test.each([
    [
      'throws',
      () => {
        throw new Error('no bus')
      },
      "meter 'probed': no bus",
    ],
    ['rejects', () => Promise.reject(new Error('no bus')), "meter 'probed': no bus"],
    ['hangs', () => new Promise(() => {}), "meter 'probed' did not answer within 0.02 s"],
    ['answers nothing', () => undefined, 'probe: expected { available, why? }'],
    ['answers in short', () => true, 'probe: expected { available, why? }'],
    ['gives no reason', () => ({ available: false }), 'it does not say why'],
  ])('survives a probe that %s', async (_, probe, why) => {
    const loaded = loadedOf({ probe: probe as never })
    expect((await probeMeter(loaded, { openDeadline: 0.02 })).availability).toEqual({ available: false, why })
  })
})

describe('probing in a child process', () => {
  const program = CHILD

  test('tells name and domains', async () => {
    const reference = { module: fixture('plug.mjs'), options: { watts: 7 } }
    expect(await probeIsolated(reference, { program })).toMatchObject({
      name: 'plug',
      availability: { available: true },
      domains: [{ id: 'outlet' }],
    })
  })

  test.each([
    ['mute-blocking', { openDeadline: 0.5 }, "meter 'mute-blocking' did not answer within 0.5 s"],
    ['refusing', {}, 'no such device'],
    ['refusing', { program: 'nowhere' }, expect.stringContaining('its process cannot be started')],
  ])('never throws: %s', async (meter, options, why) => {
    const probed = await probeIsolated({ module: fixture('moods.mjs'), meter }, { program, ...options })
    expect(probed).toEqual({ name: meter, availability: { available: false, why }, domains: [] })
  })
})
