import type { SourceText } from '../source.ts'

/**
 * A file with its spliced lines joined (a backslash, perhaps blanks, and the line end are gone), which is what all of the preprocessor
 * reads, and the way from an offset in it back to the file as it was written.
 */
export class LogicalText {
  readonly text: string
  /** Offsets in `text` before which something was taken out; empty for most files. */
  private readonly cuts: number[] = []
  /** How much was taken out up to and with each cut. */
  private readonly removed: number[] = []

  constructor(readonly file: SourceText) {
    this.text = file.text.includes('\\') ? this.join(file.text) : file.text
  }

  private join(written: string): string {
    const splice = /\\[ \t\f\v]*\r?\n/g
    let text = ''
    let from = 0
    for (let found = splice.exec(written); found; found = splice.exec(written)) {
      text += written.slice(from, found.index)
      from = splice.lastIndex
      this.cuts.push(text.length)
      this.removed.push(from - text.length)
    }
    return from === 0 ? written : text + written.slice(from)
  }

  /** Offset in the file of the character at an offset in `text`. */
  start(offset: number): number {
    return offset + this.removedBefore(offset)
  }

  /** Offset in the file at which something that ends at an offset in `text` ends. */
  end(offset: number): number {
    return offset === 0 ? 0 : offset + this.removedBefore(offset - 1)
  }

  private removedBefore(offset: number): number {
    let removed = 0
    for (let index = 0; index < this.cuts.length && this.cuts[index]! <= offset; index++) removed = this.removed[index]!
    return removed
  }

  /** The first cut inside (start, end); -1 when the stretch stands in the file as it stands here. */
  cutWithin(start: number, end: number): number {
    for (const cut of this.cuts) if (cut > start) return cut < end ? cut : -1
    return -1
  }
}
