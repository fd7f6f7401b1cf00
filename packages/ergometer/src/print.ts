/** Writes an answer to stdout, with a line feed at its end. */
export function print(text: string): void {
  process.stdout.write(text.endsWith('\n') ? text : `${text}\n`)
}

/** Writes a value to stdout as JSON for people and programs. */
export function printJson(value: unknown): void {
  print(JSON.stringify(value, null, 2))
}
