import type { Diagnostic } from '@shared/diagnostics.ts'
import { decodeName } from './escape.ts'
import { alignTo, FDT_BEGIN_NODE, FDT_END, FDT_END_NODE, FDT_MAGIC, FDT_NOP, FDT_PROP } from './flatten.ts'
import { addLabel, nodeByPath, LiveNode, LiveProperty, type LiveTree } from './livetree.ts'
import { toTree } from './finish.ts'
import type { DtReservation, DtTree } from './tree.ts'

/**
 * Blob → tree (dtc's flattree.c, reading): versions 1 to 17 and later ones that stay compatible. A blob that is cut off or damaged
 * gives diagnostics and what could be read up to there.
 */
const maximumDepth = 1000

class BlobError extends Error {}

/**
 * Reads a blob: nodes with their phandles, and with their labels where it has symbols (`-@`). `file` names it in the diagnostics, which
 * have no line to point at.
 */
export function readBlob(bytes: Uint8Array, file = ''): { tree: DtTree; diagnostics: Diagnostic[] } {
  const { live, diagnostics } = readLiveBlob(bytes, file)
  for (const node of live.root.walk()) node.phandle = phandleOf(node)
  for (const symbol of live.root.child('__symbols__')?.properties ?? []) {
    const path = new TextDecoder().decode(symbol.bytes).replace(/\0$/, '')
    const node = path === '/' ? live.root : nodeByPath(live.root, path)
    if (node) addLabel(node, symbol.name)
  }
  return { tree: toTree(live), diagnostics }
}

function phandleOf(node: LiveNode): number | null {
  const property = node.property('phandle') ?? node.property('linux,phandle')
  return property?.bytes.length === 4
    ? new DataView(property.bytes.buffer, property.bytes.byteOffset).getUint32(0)
    : null
}

export const isBlob = (bytes: Uint8Array): boolean =>
  bytes.length >= 4 && new DataView(bytes.buffer, bytes.byteOffset).getUint32(0) === FDT_MAGIC

export function readLiveBlob(bytes: Uint8Array, file: string): { live: LiveTree; diagnostics: Diagnostic[] } {
  const reader = new BlobReader(bytes)
  const diagnostics: Diagnostic[] = []
  const report = (severity: Diagnostic['severity'], message: string): void =>
    void diagnostics.push({ severity, code: 'bad-blob', message, file, line: 1, column: 1, endLine: 1, endColumn: 1 })
  try {
    reader.run()
  } catch (error) {
    if (!(error instanceof BlobError)) throw error
    report('error', error.message)
  }
  for (const warning of reader.warnings) report('warning', warning)
  return { live: reader.tree, diagnostics }
}

class BlobReader {
  readonly warnings = new Set<string>()
  readonly tree: LiveTree = { root: new LiveNode(''), memreserve: [], plugin: false, bootCpuid: 0, unit: null }
  private view: DataView
  private limit: number
  private position = 0
  private structStart = 0
  private strings: Uint8Array = new Uint8Array()
  private readonly names = new Map<number, string>()
  private isOld = false

  constructor(private readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.limit = bytes.length
  }

  run(): void {
    this.header()
    this.position = this.structStart
    const first = this.word()
    if (first !== FDT_BEGIN_NODE)
      throw this.fault(`the structure block does not begin with a node (it begins with 0x${first.toString(16)})`)
    this.root()
    if (this.word() !== FDT_END) throw this.fault('the structure block does not end where its root node ends')
  }

  private fault(message: string): BlobError {
    return new BlobError(`${message}; the blob is damaged or cut off (at byte ${this.position})`)
  }

  private word(): number {
    if (this.position + 4 > this.limit) throw this.fault('the blob ends too early')
    const value = this.view.getUint32(this.position)
    this.position += 4
    return value
  }

  // ------------------------------------------------------------------------------------------------------------- header

  private header(): void {
    if (this.bytes.length < 4 || this.view.getUint32(0) !== FDT_MAGIC)
      throw new BlobError('this is no devicetree blob: its magic number is wrong')
    if (this.bytes.length < 28) throw new BlobError('the header is cut off')
    const field = (index: number): number => this.view.getUint32(index * 4)
    const total = field(1)
    if (total < 28) throw new BlobError(`the blob says it is only ${total} bytes long`)
    if (total > this.bytes.length)
      throw new BlobError(`the blob is cut off: it says ${total} bytes and has ${this.bytes.length}`)
    this.limit = total
    const [structStart, stringsStart, reserveStart, version] = [field(2), field(3), field(4), field(5)]
    if (reserveStart >= total) throw new BlobError('the reservations begin beyond the end of the blob')
    if (structStart >= total) throw new BlobError('the structure block begins beyond the end of the blob')
    if (stringsStart > total) throw new BlobError('the strings block begins beyond the end of the blob')
    if (total < (version >= 17 ? 40 : version >= 3 ? 36 : version === 2 ? 32 : 28))
      throw new BlobError('the header is cut off')
    const stringsBytes = version >= 3 ? field(8) : total - stringsStart
    if (stringsStart + stringsBytes > total) throw new BlobError('the strings block runs beyond the end of the blob')
    if (version >= 17 && structStart + field(9) > total)
      throw new BlobError('the structure block runs beyond the end of the blob')
    this.isOld = version < 16
    this.structStart = structStart
    this.strings = this.bytes.subarray(stringsStart, stringsStart + stringsBytes)
    // dtc reads it of version 1 too, where it is whatever follows the header
    this.tree.bootCpuid = total >= 32 ? field(7) : 0
    if (!this.isOld) this.tree.readStrings = decodeName(this.strings)
    this.reservations(reserveStart)
  }

  private reservations(start: number): void {
    const exact = (value: bigint): number | bigint => (value <= Number.MAX_SAFE_INTEGER ? Number(value) : value)
    for (let at = start; ; at += 16) {
      if (at + 16 > this.limit) throw new BlobError('the list of reservations has no end')
      const [address, size] = [this.view.getBigUint64(at), this.view.getBigUint64(at + 8)]
      if (size === 0n) return
      const entry: DtReservation = { address: exact(address), size: exact(size), labels: [], span: null }
      this.tree.memreserve.push(entry)
    }
  }

  // ---------------------------------------------------------------------------------------------------------- structure

  private root(): void {
    const { root } = this.tree
    const path = this.nodeName()
    const name = this.isOld ? path.slice(1) : path
    if (/[^\w,.+@-]/.test(name)) throw this.fault(`the root node is named "${name}"; its name should be empty`)
    if (name !== '') this.warnings.add(`the root node is named "${name}"; its name should be empty`)
    // the nodes around the position, with their full paths as old blobs spell them
    const open: { node: LiveNode; path: string }[] = [{ node: root, path }]
    while (open.length > 0) {
      const { node, path: parentPath } = open.at(-1)!
      const tag = this.word()
      if (tag === FDT_PROP) this.property(node)
      else if (tag === FDT_END_NODE) open.pop()
      else if (tag === FDT_BEGIN_NODE) {
        if (open.length >= maximumDepth) throw this.fault(`nodes nest more than ${maximumDepth} deep`)
        const name = this.nodeName()
        const child = new LiveNode(this.isOld ? this.lastName(parentPath, name) : name)
        node.addChild(child)
        open.push({ node: child, path: name })
      } else if (tag === FDT_NOP) {
        if (this.isOld) this.warnings.add('a NOP tag in a blob of a version before 16')
      } else if (tag === FDT_END) throw this.fault('the structure block ends inside a node')
      else throw this.fault(`unknown tag 0x${tag.toString(16)}`)
    }
  }

  private nodeName(): string {
    const start = this.position
    const end = this.bytes.indexOf(0, start)
    if (end < 0 || end >= this.limit) throw this.fault('the name of a node has no end')
    this.position = start + alignTo(end + 1 - start, 4)
    return decodeName(this.bytes.subarray(start, end))
  }

  private lastName(parent: string, path: string): string {
    if (!path.startsWith(parent)) throw this.fault(`path "${path}" is no child of "${parent}"`)
    return path.slice(parent === '/' ? 1 : parent.length + 1)
  }

  private property(node: LiveNode): void {
    if (node.children.length > 0) this.warnings.add('subnodes precede a property')
    const length = this.word()
    const property = new LiveProperty(this.propertyName(this.word()))
    if (this.isOld && length >= 8) this.position = this.structStart + alignTo(this.position - this.structStart, 8)
    if (this.position + length > this.limit)
      throw this.fault(`the value of property '${property.name}' runs beyond the end`)
    property.bytes = this.bytes.slice(this.position, this.position + length)
    this.position += alignTo(length, 4)
    node.properties.push(property)
  }

  private propertyName(offset: number): string {
    let name = this.names.get(offset)
    if (name !== undefined) return name
    const end = offset < this.strings.length ? this.strings.indexOf(0, offset) : -1
    if (end < 0) throw this.fault(`the name of a property lies at ${offset}, outside of the strings block`)
    name = decodeName(this.strings.subarray(offset, end))
    this.names.set(offset, name)
    return name
  }
}
