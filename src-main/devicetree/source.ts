import type { Span } from '@shared/diagnostics.ts'

/**
 * Positions. A translation unit is one long text (what `cpp` would have printed); a position is an offset into it, and segments lead
 * from there to the files as the user wrote them. Offsets are cheap to keep in every token; spans are made only when somebody asks.
 */

/** One file as it was read. Never changes; shared by all compilations that read the same content. */
export class SourceText {
  private starts: number[] | null = null

  constructor(
    readonly path: string,
    readonly text: string,
  ) {}

  /** Offset of the first character of every line. */
  get lineStarts(): number[] {
    if (this.starts) return this.starts
    const starts = [0]
    for (let at = this.text.indexOf('\n'); at >= 0; at = this.text.indexOf('\n', at + 1)) starts.push(at + 1)
    return (this.starts = starts)
  }

  /** Index into `lineStarts` of the line that holds the offset. */
  lineOf(offset: number): number {
    return lastAtMost(this.lineStarts, offset)
  }

  span(start: number, end: number): Span {
    const first = this.lineOf(start)
    const last = end <= start ? first : this.lineOf(end)
    const { lineStarts } = this
    return {
      file: this.path,
      line: first + 1,
      column: start - lineStarts[first]! + 1,
      endLine: last + 1,
      endColumn: Math.max(end, start) - lineStarts[last]! + 1,
    }
  }
}

/** The rest of a file after a line marker (`# 12 "board.dts"`): the same text, named and counted as the marker says. */
export class MarkedText extends SourceText {
  constructor(
    readonly base: SourceText,
    path: string,
    private readonly lineShift: number,
  ) {
    super(path, base.text)
  }

  override get lineStarts(): number[] {
    return this.base.lineStarts
  }

  override span(start: number, end: number): Span {
    const span = super.span(start, end)
    return {
      ...span,
      line: Math.max(1, span.line + this.lineShift),
      endLine: Math.max(1, span.endLine + this.lineShift),
    }
  }
}

/** A use of a macro, as the preprocessor met it; everything its expansion produced points here. */
export interface MacroUse {
  name: string
  file: SourceText
  start: number
  end: number
  macro: MacroDefinition
}

export interface MacroDefinition {
  name: string
  /** Null for `#define NAME …`, names of the parameters for `#define NAME(a, b) …`. */
  parameters: string[] | null
  /** Where its name stands; null when it came from `-D` or is built in. */
  file: SourceText | null
  start: number
  end: number
  /** The replacement as written. */
  body: string
}

/** A run of the unit's text. `length` is 0 for text copied one to one; otherwise the whole run stands for that many characters. */
export interface Segment {
  start: number
  file: SourceText
  offset: number
  length: number
  use: MacroUse | null
}

export class Unit {
  private readonly segments: Segment[] = []
  private readonly starts: number[] = []
  /** Total characters, the files of `/include/` counted. */
  size = 0

  constructor(readonly entry: SourceText) {}

  /** Appends text that stands one to one in `file` at `offset`; returns where it begins in the unit. */
  append(file: SourceText, offset: number, length: number): number {
    return this.push({ start: this.size, file, offset, length: 0, use: null }, length)
  }

  /** Appends `produced` characters that stand for `length` characters of `file`: the expansion of a macro. */
  appendExpansion(use: MacroUse, produced: number): number {
    return this.push(
      { start: this.size, file: use.file, offset: use.start, length: use.end - use.start, use },
      produced,
    )
  }

  private push(segment: Segment, produced: number): number {
    this.segments.push(segment)
    this.starts.push(segment.start)
    this.size += produced
    return segment.start
  }

  segmentAt(position: number): Segment | null {
    return this.segments[lastAtMost(this.starts, position)] ?? null
  }

  /** File and offset of a position; for the end of an expansion use `atEnd`. */
  locate(position: number, atEnd = false): { file: SourceText; offset: number } {
    const segment = this.segmentAt(position)
    if (!segment) return { file: this.entry, offset: 0 }
    const inside = segment.length ? (atEnd ? segment.length : 0) : position - segment.start + (atEnd ? 1 : 0)
    return { file: segment.file, offset: Math.min(segment.offset + inside, segment.file.text.length) }
  }

  /** Span of [start, end). When it runs over several files it ends with the file it began in. */
  span(start: number, end: number): Span {
    const first = this.locate(start)
    const last = this.locate(Math.max(start, end - 1), end > start)
    if (last.file === first.file && last.offset >= first.offset) return first.file.span(first.offset, last.offset)
    return first.file.span(first.offset, first.offset)
  }

  /** Every stretch of the unit that a place of a file became, in order: none for comments and directives, several for a file included twice. */
  positionsOf(path: string, offset: number): number[] {
    const found: number[] = []
    this.segments.forEach((segment, index) => {
      if (segment.file.path !== path || offset < segment.offset) return
      const size = (this.starts[index + 1] ?? this.size) - segment.start
      if (segment.length ? offset < segment.offset + segment.length : offset < segment.offset + size)
        found.push(segment.length ? segment.start : segment.start + offset - segment.offset)
    })
    return found
  }
}

/** Index of the last element that is not greater than `value`; -1 when there is none. */
function lastAtMost(sorted: number[], value: number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (sorted[middle]! <= value) low = middle + 1
    else high = middle
  }
  return low - 1
}
