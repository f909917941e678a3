import type { Span } from '@shared/diagnostics.ts'
import type { DtNode, DtProperty } from './tree.ts'

/** `-T`: where each node and property of an output stands in its source, as comments. Twice: with columns, and for what the compiler added. */
export type AnnotationLevel = 1 | 2

export class Annotations {
  /** `entry`: the source that was compiled; files beside it are named from there. */
  constructor(
    private readonly level: AnnotationLevel,
    private readonly entry: string,
  ) {}

  opening = ({ bodySpans = [] }: DtNode): string => this.comment(bodySpans, true)
  closing = ({ bodySpans = [] }: DtNode): string => this.comment(bodySpans, false)

  property = ({ nameSpan, span }: DtProperty): string =>
    this.comment(nameSpan && span ? [{ ...span, line: nameSpan.line, column: nameSpan.column }] : [], true)

  private comment(spans: Span[], isFirst: boolean): string {
    if (spans.length > 0) return ` /* ${spans.map((span) => this.place(span, isFirst)).join(', ')} */`
    return this.level > 1 ? ' /* <no-file>:<no-line> */' : ''
  }

  private place({ file, line, column, endLine, endColumn }: Span, isFirst: boolean): string {
    if (this.level > 1) return `${file}:${line}:${column}-${endLine}:${endColumn}`
    return `${fromFolderOf(this.entry, file)}:${isFirst ? line : endLine}`
  }
}

/** The path of `file` as seen from the folder of `entry`; as it is when the two share no folder. */
function fromFolderOf(entry: string, file: string): string {
  const [from, to] = [entry.split('/'), file.split('/')]
  let shared = 0
  while (shared < from.length - 1 && shared < to.length - 1 && from[shared] === to[shared]) shared++
  return shared === 0 ? file : '../'.repeat(from.length - 1 - shared) + to.slice(shared).join('/')
}
