import type { ArgumentKind } from './call-table.ts'

/** A loaded shared library: all that a foreign function interface has to offer. */
export interface NativeLibrary {
  /** What it was loaded as: a path, or a name that the loader looked up. */
  readonly name: string
  /** A function that returns an integer; undefined if the library has none of that name. */
  bind(name: string, kinds: readonly ArgumentKind[]): ((...args: never[]) => number) | undefined
  /** A function from an integer to a text; undefined if the library has none of that name. */
  bindText(name: string): ((code: number) => string) | undefined
  /** Where in memory a symbol is; undefined if the library has none of that name. */
  address(name: string): bigint | undefined
  /** Gives it back. Nothing of it may be called any more. */
  unload(): void
}

/** Loads a shared library by its path, or by a name that the loader looks up. Throws an Error that says why it cannot. */
export type LoadLibrary = (name: string) => NativeLibrary
