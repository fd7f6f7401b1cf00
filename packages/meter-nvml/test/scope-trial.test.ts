import { describe, expect, it } from 'vitest'
import { type Scope, scopeOf } from '../src/scope-trial.ts'

describe('what a figure covers', () => {
  it.each<[number, number | undefined, number | undefined, Scope]>([
    [350, 350, 500, 'gpu'],
    [495, 350, 500, 'module'],
    [355, 350, 400, 'gpu'],
    [397, 350, 400, 'module'],
    // In the middle of the two.
    [375, 350, 400, 'unknown'],
    // Neither.
    [200, 350, 500, 'unknown'],
    [700, 350, 500, 'unknown'],
    // One of them does not answer.
    [350, 350, undefined, 'gpu'],
    [500, undefined, 500, 'module'],
    [350, undefined, 500, 'unknown'],
    [500, 350, undefined, 'unknown'],
    [500, undefined, undefined, 'unknown'],
    // Two names of one figure.
    [500, 499, 500, 'module'],
    [300, 499, 500, 'unknown'],
  ])('%d W beside a GPU of %s W and a module of %s W: %s', (watts, gpu, module, scope) => {
    expect(scopeOf(watts, { gpu, module })).toBe(scope)
  })
})
