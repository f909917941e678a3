/** Pages of the help, as they ship with the app: one file a diagnostic, and a few about the lab. Loaded when they are asked for. */
const files = import.meta.glob<string>(['../../resources/help/checks/*.md', '../../resources/help/*.md'], {
  query: '?raw',
  import: 'default',
})

const pathOf = (code: string): string | undefined =>
  [`../../resources/help/checks/${code}.md`, `../../resources/help/${code}.md`].find((path) => path in files)
export const hasPage = (code: string): boolean => pathOf(code) !== undefined
export const loadPage = async (code: string): Promise<string> => (await files[pathOf(code) ?? '']?.()) ?? ''

export type Inline = { kind: 'text' | 'code' | 'strong'; text: string }
export type Block =
  | { kind: 'heading' | 'paragraph'; level: number; parts: Inline[] }
  | { kind: 'code'; text: string }
  | { kind: 'list'; items: Inline[][] }
  | { kind: 'table'; head: Inline[][]; rows: Inline[][][] }

/** The little Markdown that the pages are written in: headings, paragraphs, lists, tables, fenced code, `code` and **strong**. */
export function blocksOf(markdown: string): Block[] {
  return markdown.split(/^```\w*\n([^]*?)^```$/m).flatMap((piece, n): Block[] =>
    n % 2
      ? [{ kind: 'code', text: piece.trimEnd() }]
      : piece
          .split(/\n{2,}/)
          .map((text) => text.trim())
          .filter(Boolean)
          .map(blockOf),
  )
}

function blockOf(text: string): Block {
  const [, marks, title] = /^(#+) (.*)$/s.exec(text) ?? []
  if (marks && title !== undefined) return { kind: 'heading', level: marks.length, parts: inlines(title) }
  if (text.startsWith('| ')) return tableOf(text.split('\n'))
  if (text.startsWith('- ')) return { kind: 'list', items: text.slice(2).split(/\n- /).map(inlines) }
  return { kind: 'paragraph', level: 0, parts: inlines(text) }
}

function tableOf([head = '', , ...rows]: string[]): Block {
  const cells = (row: string): Inline[][] =>
    row
      .replace(/^\||\|\s*$/g, '')
      .split('|')
      .map((cell) => inlines(cell.trim()))
  return { kind: 'table', head: cells(head), rows: rows.map(cells) }
}

const inlines = (text: string): Inline[] =>
  text.split(/(`[^`]+`|\*\*[^*]+\*\*)/).flatMap((part): Inline[] => {
    if (part === '') return []
    if (part.startsWith('`')) return [{ kind: 'code', text: part.slice(1, -1) }]
    return part.startsWith('**') ? [{ kind: 'strong', text: part.slice(2, -2) }] : [{ kind: 'text', text: part }]
  })
