/**
 * Long arrays of flat objects as columns: numbers as they are, texts as indices into a list of those that occur. Rows of a result repeat
 * their texts by the thousand, and a column is copied where an array of objects is spelt out and read again.
 */
export interface WireTable {
  length: number
  columns: Record<string, Float64Array | { texts: string[]; at: Uint32Array }>
}

/** Shorter arrays are no trouble as they are. */
const SHORTEST = 256

/** Null when the rows are not all of one shape, or hold anything but numbers and texts. */
export function tableOf(rows: readonly unknown[]): WireTable | null {
  if (rows.length < SHORTEST || !isFlat(rows[0])) return null
  const keys = Object.keys(rows[0])
  if (!rows.every((row) => isFlat(row) && hasKeys(row, keys))) return null
  const columns: WireTable['columns'] = {}
  for (const key of keys) {
    const column = columnOf(rows as Record<string, unknown>[], key)
    if (!column) return null
    columns[key] = column
  }
  return { length: rows.length, columns }
}

export function rowsOf({ length, columns }: WireTable): Record<string, unknown>[] {
  const keys = Object.keys(columns)
  const readers = keys.map((key) => {
    const column = columns[key]!
    return 'texts' in column ? (row: number) => column.texts[column.at[row]!] : (row: number) => column[row]
  })
  const rows = new Array<Record<string, unknown>>(length)
  for (let row = 0; row < length; row++) {
    const made: Record<string, unknown> = {}
    for (let at = 0; at < keys.length; at++) made[keys[at]!] = readers[at]!(row)
    rows[row] = made
  }
  return rows
}

const isFlat = (row: unknown): row is object =>
  typeof row === 'object' && row !== null && !Array.isArray(row) && !ArrayBuffer.isView(row)

function hasKeys(row: object, keys: readonly string[]): boolean {
  let at = 0
  for (const key in row) if (key !== keys[at++]) return false
  return at === keys.length
}

function columnOf(rows: readonly Record<string, unknown>[], key: string): WireTable['columns'][string] | null {
  if (typeof rows[0]![key] === 'number') {
    const numbers = new Float64Array(rows.length)
    for (let row = 0; row < rows.length; row++) {
      const value = rows[row]![key]
      if (typeof value !== 'number') return null
      numbers[row] = value
    }
    return numbers
  }
  const known = new Map<string, number>()
  const at = new Uint32Array(rows.length)
  for (let row = 0; row < rows.length; row++) {
    const value = rows[row]![key]
    if (typeof value !== 'string') return null
    const index = known.get(value) ?? known.size
    if (index === known.size) known.set(value, index)
    at[row] = index
  }
  return { texts: [...known.keys()], at }
}
