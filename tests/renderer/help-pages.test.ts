import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { blocksOf, hasPage } from '../../src-renderer/help/pages.ts'

const page = (name: string): string => readFileSync(`resources/help/${name}.md`, 'utf8')
const kinds = (markdown: string): string[] => blocksOf(markdown).map(({ kind }) => kind)

describe('the help', () => {
  it('has a page for each diagnostic, and some about the lab', () => {
    for (const name of ['overlap', 'first-steps', 'ks2012', 'carveout-api', 'lsp']) expect(hasPage(name)).toBe(true)
    expect(hasPage('nothing')).toBe(false)
  })

  it('reads headings, lists, tables and code', () => {
    expect(kinds('# T\n\ntext\n\n## H\n\n- a\n- b\n\n| x | y |\n|---|---|\n| 1 | `2` |\n\n```sh\nls\n```\n')).toEqual([
      'heading',
      'paragraph',
      'heading',
      'list',
      'table',
      'code',
    ])
    const [table] = blocksOf('| x | y |\n|---|---|\n| 1 | `2` |')
    expect(table).toMatchObject({
      head: [[{ text: 'x' }], [{ text: 'y' }]],
      rows: [[[{ text: '1' }], [{ kind: 'code', text: '2' }]]],
    })
  })

  it.each(['first-steps', 'ks2012', 'carveout-api'])('shows every table of %s as one', (name) => {
    const tables = page(name).match(/^\|---/gm) ?? []
    expect(kinds(page(name)).filter((kind) => kind === 'table')).toHaveLength(tables.length)
  })
})
