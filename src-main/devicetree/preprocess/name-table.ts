/** The different names of a file, each made a string only once, however often it occurs. */
export class NameTable {
  readonly names: string[] = []
  private readonly hashes: number[] = []
  /** Open addressing: index + 1 of a name, 0 for a free slot. */
  private slots = new Int32Array(256)

  /** Index of the name text[start, end). */
  indexOf(text: string, start: number, end: number): number {
    let hash = end - start
    for (let at = start; at < end; at++) hash = (Math.imul(hash, 31) + text.charCodeAt(at)) | 0
    const mask = this.slots.length - 1
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const index = this.slots[slot]! - 1
      if (index < 0) return this.add(text.slice(start, end), hash, slot)
      if (this.hashes[index] === hash && this.isSame(index, text, start, end)) return index
    }
  }

  private isSame(index: number, text: string, start: number, end: number): boolean {
    const name = this.names[index]!
    if (name.length !== end - start) return false
    for (let at = 0; at < name.length; at++) if (name.charCodeAt(at) !== text.charCodeAt(start + at)) return false
    return true
  }

  private add(name: string, hash: number, slot: number): number {
    const index = this.names.push(name) - 1
    this.hashes.push(hash)
    this.slots[slot] = index + 1
    if (this.names.length * 2 > this.slots.length) this.grow()
    return index
  }

  private grow(): void {
    this.slots = new Int32Array(this.slots.length * 2)
    const mask = this.slots.length - 1
    this.hashes.forEach((hash, index) => {
      let slot = hash & mask
      while (this.slots[slot]) slot = (slot + 1) & mask
      this.slots[slot] = index + 1
    })
  }
}
