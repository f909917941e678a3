import type { AstUnit } from './ast.ts'

/**
 * Incremental parsing: the top-level items of a unit that stand before the first changed character are those of the last parse, since
 * places in a syntax tree are offsets into the unit. A board file comes after all that it includes, so an edit of it leaves nearly
 * everything as it was.
 */
export interface KnownParse {
  text: string
  ast: AstUnit
}

const mostKept = 4
const chunk = 65536

export class ParseMemory {
  private readonly known = new Map<string, KnownParse>()

  /** To be kept only when a parse of the text alone would give it again: without complaints, and without files that the parser read. */
  remember(entry: string, parse: KnownParse): void {
    this.known.delete(entry)
    this.known.set(entry, parse)
    if (this.known.size > mostKept) this.known.delete(this.known.keys().next().value!)
  }

  /** What of the last parse still holds: its first items, and where the rest begins. Null when that is nothing. */
  reusable(entry: string, text: string): { ast: AstUnit; next: number } | null {
    const known = this.known.get(entry)
    if (!known) return null
    const same = commonPrefix(known.text, text)
    const { items } = known.ast
    let count = items.length - 1
    while (count > 0 && items[count]!.start >= same) count--
    return count > 0
      ? {
          ast: { ...known.ast, memreserves: [...known.ast.memreserves], items: items.slice(0, count) },
          next: items[count]!.start,
        }
      : null
  }
}

function commonPrefix(a: string, b: string): number {
  const most = Math.min(a.length, b.length)
  let same = 0
  while (same < most && a.slice(same, same + chunk) === b.slice(same, same + chunk)) same += chunk
  while (same < most && a.charCodeAt(same) === b.charCodeAt(same)) same++
  return Math.min(same, most)
}
