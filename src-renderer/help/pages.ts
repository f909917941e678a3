/** Pages of the help, as they ship with the app; one file a diagnostic. Loaded when they are asked for. */
const files = import.meta.glob<string>('../../resources/help/checks/*.md', { query: '?raw', import: 'default' })

const pathOf = (code: string): string => `../../resources/help/checks/${code}.md`
export const hasPage = (code: string): boolean => pathOf(code) in files
export const loadPage = async (code: string): Promise<string> => (await files[pathOf(code)]?.()) ?? ''

export type Inline = { kind: 'text' | 'code' | 'strong'; text: string }
export type Block = { kind: 'heading' | 'paragraph'; parts: Inline[] } | { kind: 'code'; text: string }

/** The little Markdown that the pages are written in: headings, paragraphs, fenced code, `code` and **strong**. */
export function blocksOf(markdown: string): Block[] {
  return markdown.split(/^```\w*\n([^]*?)^```$/m).flatMap((piece, n): Block[] =>
    n % 2
      ? [{ kind: 'code', text: piece.trimEnd() }]
      : piece
          .split(/\n{2,}/)
          .map((text) => text.trim())
          .filter(Boolean)
          .map((text) =>
            text.startsWith('# ')
              ? { kind: 'heading', parts: inlines(text.slice(2)) }
              : { kind: 'paragraph', parts: inlines(text) },
          ),
  )
}

const inlines = (text: string): Inline[] =>
  text.split(/(`[^`]+`|\*\*[^*]+\*\*)/).flatMap((part): Inline[] => {
    if (part === '') return []
    if (part.startsWith('`')) return [{ kind: 'code', text: part.slice(1, -1) }]
    return part.startsWith('**') ? [{ kind: 'strong', text: part.slice(2, -2) }] : [{ kind: 'text', text: part }]
  })
