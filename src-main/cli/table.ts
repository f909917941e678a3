const isNumeric = (cell: string): boolean => /^[-−+]?[\d.,]*( ?(B|[KMG]iB|s|%))?$/.test(cell)

/** Rows of cells as aligned text, the first row the titles: columns of numbers to the right, others to the left, two spaces between. */
export function table(rows: readonly (readonly string[])[]): string {
  const [titles = [], ...body] = rows
  const widths = titles.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const right = titles.map((_, column) => column > 0 && body.every((row) => isNumeric(row[column] ?? '')))
  const pad = (cell: string, column: number): string =>
    right[column] ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)
  return rows.map((row) => row.map(pad).join('  ').trimEnd() + '\n').join('')
}
