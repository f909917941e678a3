import { encodeText } from './escape.ts'
import type { DtNode, DtTree } from './tree.ts'

/**
 * Tree → blob (dtc's flattree.c): header, memory reservations, structure block, strings block, byte for byte as dtc lays them out.
 */
export interface BlobOptions {
  /** `-V`: 1, 2, 3, 16 or 17. */
  version?: number
  /** `-R`: empty reservation entries to leave room for. */
  reserveEntries?: number
  /** `-S`: the blob is at least this long. */
  minimumBytes?: number
  /** `-p`: bytes added at the end. */
  padBytes?: number
  /** `-a`: the blob's length is a multiple of this. */
  alignBytes?: number
}

interface Version {
  lastCompatible: number
  headerBytes: number
  /** Before 16: full paths as node names, 8-byte alignment of long values, `name` properties. */
  isOld: boolean
  hasBootCpuid: boolean
  hasStringsSize: boolean
  hasStructSize: boolean
}

// prettier-ignore
const versions: Record<number, Version> = {
  1: { lastCompatible: 1, headerBytes: 28, isOld: true, hasBootCpuid: false, hasStringsSize: false, hasStructSize: false },
  2: { lastCompatible: 1, headerBytes: 32, isOld: true, hasBootCpuid: true, hasStringsSize: false, hasStructSize: false },
  3: { lastCompatible: 1, headerBytes: 36, isOld: true, hasBootCpuid: true, hasStringsSize: true, hasStructSize: false },
  16: { lastCompatible: 16, headerBytes: 36, isOld: false, hasBootCpuid: true, hasStringsSize: true, hasStructSize: false },
  17: { lastCompatible: 16, headerBytes: 40, isOld: false, hasBootCpuid: true, hasStringsSize: true, hasStructSize: true },
}
export const blobVersions = Object.keys(versions).map(Number)

/** What a version's header holds. Throws only for a version that does not exist (see `blobVersions`). */
export function blobVersion(number = 17): Version & { number: number } {
  const version = versions[number]
  if (!version) throw new RangeError(`blob version ${number} does not exist`)
  return { ...version, number }
}

export const FDT_MAGIC = 0xd00dfeed
export const FDT_BEGIN_NODE = 1
export const FDT_END_NODE = 2
export const FDT_PROP = 3
export const FDT_NOP = 4
export const FDT_END = 9

export const alignTo = (value: number, align: number): number => value + ((align - (value % align)) % align)

/** The blob of a tree. Throws only for a version that does not exist (see `blobVersions`). */
export function writeBlob(tree: DtTree, options: BlobOptions = {}): Uint8Array {
  const version = blobVersion(options.version)
  const writer = new StructureWriter(version, tree.strings ?? '')
  if (!tree.root.deleted) writer.node(tree.root)
  writer.cell(FDT_END)
  const structure = writer.bytes()
  const strings = encodeText(writer.strings.text)

  const reserveStart = alignTo(version.headerBytes, 8)
  const structStart = reserveStart + 16 * (tree.memreserve.length + (options.reserveEntries ?? 0) + 1)
  const stringsStart = structStart + structure.length
  const used = stringsStart + strings.length
  const blob = new Uint8Array(paddedSize(used, options))
  const view = new DataView(blob.buffer)
  // prettier-ignore
  const header = [FDT_MAGIC, blob.length, structStart, stringsStart, reserveStart, version.number, version.lastCompatible, tree.bootCpuid ?? 0, strings.length, structure.length]
  header.slice(0, version.headerBytes / 4).forEach((value, index) => view.setUint32(index * 4, value))
  tree.memreserve.forEach((entry, index) => {
    view.setBigUint64(reserveStart + index * 16, BigInt(entry.address))
    view.setBigUint64(reserveStart + index * 16 + 8, BigInt(entry.size))
  })
  blob.set(structure, structStart)
  blob.set(strings, stringsStart)
  return blob
}

function paddedSize(used: number, options: BlobOptions): number {
  let size = Math.max(used, options.minimumBytes ?? 0)
  if (options.padBytes) size = used + options.padBytes
  return options.alignBytes ? alignTo(size, options.alignBytes) : size
}

/** dtc looks for a name at every offset, so a name that ends an earlier one shares its bytes. */
export class StringsBlock {
  /** Every name that can be read somewhere in the block, tails of others included. */
  private readonly offsets = new Map<string, number>()

  constructor(public text = '') {
    let start = 0
    for (let end = text.indexOf('\0'); end >= 0; start = end + 1, end = text.indexOf('\0', start))
      this.know(text.slice(start, end), start)
  }

  offsetOf(name: string): number {
    const known = this.offsets.get(name)
    if (known !== undefined) return known
    const offset = this.text.length
    this.text += name + '\0'
    this.know(name, offset)
    return offset
  }

  private know(name: string, offset: number): void {
    for (let at = 0; at <= name.length; at++) {
      const tail = name.slice(at)
      if (!this.offsets.has(tail)) this.offsets.set(tail, offset + at)
    }
  }
}

/** The strings block that `writeBlob` gives a tree of its own. */
export function stringsOf(tree: DtTree): string {
  const strings = new StringsBlock()
  const visit = (node: DtNode): void => {
    for (const property of node.properties) strings.offsetOf(property.name)
    node.children.forEach(visit)
  }
  visit(tree.root)
  return strings.text
}

class StructureWriter {
  readonly strings: StringsBlock
  private buffer = new Uint8Array(65536)
  private view = new DataView(this.buffer.buffer)
  private length = 0

  constructor(
    private readonly version: Version,
    strings: string,
  ) {
    this.strings = new StringsBlock(strings)
  }

  bytes(): Uint8Array {
    return this.buffer.subarray(0, this.length)
  }

  node(node: DtNode): void {
    this.cell(FDT_BEGIN_NODE)
    this.string(this.version.isOld ? node.path : node.name)
    for (const property of node.properties) this.property(property.name, property.bytes)
    if (this.version.isOld && !node.properties.some((property) => property.name === 'name'))
      this.property('name', encodeText(node.name.replace(/@.*/s, '') + '\0'))
    for (const child of node.children) this.node(child)
    this.cell(FDT_END_NODE)
  }

  private property(name: string, value: Uint8Array): void {
    this.reserve(24 + value.length)
    this.cell(FDT_PROP)
    this.cell(value.length)
    this.cell(this.strings.offsetOf(name))
    if (this.version.isOld && value.length >= 8) this.length = alignTo(this.length, 8)
    this.buffer.set(value, this.length)
    this.length = alignTo(this.length + value.length, 4)
  }

  cell(value: number): void {
    this.reserve(4)
    this.view.setUint32(this.length, value)
    this.length += 4
  }

  private string(text: string): void {
    this.reserve(text.length * 3 + 4)
    for (let index = 0, at = this.length; index < text.length; index++, at++) {
      const code = text.charCodeAt(index)
      if (code > 0x7f) return this.encoded(text)
      this.buffer[at] = code
    }
    this.length = alignTo(this.length + text.length + 1, 4)
  }

  private encoded(text: string): void {
    const bytes = encodeText(text)
    this.buffer.fill(0, this.length, this.length + bytes.length + 4)
    this.buffer.set(bytes, this.length)
    this.length = alignTo(this.length + bytes.length + 1, 4)
  }

  private reserve(extra: number): void {
    if (this.length + extra <= this.buffer.length) return
    const grown = new Uint8Array(Math.max(this.buffer.length * 2, this.length + extra))
    grown.set(this.buffer)
    this.buffer = grown
    this.view = new DataView(grown.buffer)
  }
}
