/**
 * The rows of a CSV (RFC 4180) as records by their header; names as they stand there. Undefined where it has no header or a quote is
 * left open.
 */
export function csvRecords(text: string): Record<string, string>[] | undefined {
  const rows = csvRows(text)
  const header = rows?.[0]
  if (rows === undefined || header === undefined || header.length < 2) return undefined
  return rows
    .slice(1)
    .filter((row) => row.some((cell) => cell !== ''))
    .map((row) => Object.fromEntries(header.map((name, index) => [name.trim(), (row[index] ?? '').trim()])))
}

/** A cell: in quotes, within which a quote is doubled, or up to the next comma or line; and what ends it. */
const CELL = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|\n|\r|$)/y

function csvRows(text: string): string[][] | undefined {
  const rows: string[][] = []
  let row: string[] = []
  CELL.lastIndex = 0
  while (CELL.lastIndex < text.length || row.length > 0) {
    const found = CELL.exec(text)
    if (found === null) return undefined
    const [, quoted, plain = '', end] = found
    row.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'))
    if (end === ',') continue
    rows.push(row)
    row = []
    if (end === '') break
  }
  return rows
}
