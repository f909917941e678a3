import type { Annotations } from './annotate.ts'
import type { DtMarker, DtNode, DtProperty, DtTree } from './tree.ts'

/**
 * Tree → source text (dtc's treesource.c of 1.6.1, to the character where that can be read back): values that came from source keep the form they were written in,
 * those from blobs are guessed to be strings, cells or bytes. `notes` are written behind them.
 */
export function writeSource(tree: DtTree, notes: Annotations | null = null): string {
  const lines = ['/dts-v1/;\n\n']
  for (const { labels, address, size } of tree.memreserve)
    lines.push(`${prefix(labels)}/memreserve/\t${wide(address)} ${wide(size)};\n`)
  writeNode(lines, tree.root, '', notes)
  return lines.join('')
}

const prefix = (labels: string[]): string => labels.map((label) => `${label}: `).join('')
const wide = (value: number | bigint): string => '0x' + value.toString(16).padStart(16, '0')

function writeNode(out: string[], node: DtNode, indent: string, notes: Annotations | null): void {
  out.push(`${indent}${prefix(node.labels)}${node.name === '' ? '/' : node.name} {${notes?.opening(node) ?? ''}\n`)
  for (const property of node.properties)
    out.push(
      `${indent}\t${prefix(property.labels)}${property.name}${writeValue(property)};${notes?.property(property) ?? ''}\n`,
    )
  for (const child of node.children) {
    out.push('\n')
    writeNode(out, child, indent + '\t', notes)
  }
  out.push(`${indent}};${notes?.closing(node) ?? ''}\n`)
}

type ValueType = 'uint8' | 'uint16' | 'uint32' | 'uint64' | 'string'
const opening: Record<ValueType, string> = {
  uint8: '[',
  uint16: '/bits/ 16 <',
  uint32: '<',
  uint64: '/bits/ 64 <',
  string: '',
}
const closing: Record<ValueType, string> = { uint8: ']', uint16: '>', uint32: '>', uint64: '>', string: '' }
const isType = (type: DtMarker['type']): type is ValueType => type in opening

/** ` = …`, or nothing for a property without a value. */
function writeValue(property: DtProperty): string {
  const { bytes } = property
  if (bytes.length === 0) return ''
  let markers = property.markers ?? []
  if (!markers.some((marker) => isType(marker.type)))
    markers = [{ type: guessType(bytes, markers), offset: 0, ref: '' }, ...markers]
  markers = markers.filter((marker, index) => !isType(marker.type) || !isEmptyPart(markers, index, bytes.length))
  let out = ' ='
  let type: ValueType | null = null
  markers.forEach((marker, index) => {
    const end = markers[index + 1]?.offset ?? bytes.length
    if (isType(marker.type)) {
      type = marker.type
      out += ` ${opening[type]}`
    } else if (marker.type === 'label') out += ` ${marker.ref}:`
    else if (marker.offset > 0) out += ' '
    if (!type) return
    out += writeChunk(type, bytes.subarray(marker.offset, end))
    if (end - marker.offset !== (typeLength(markers, index) || bytes.length - marker.offset)) return
    out += closing[type] + (end === bytes.length ? '' : ',')
    type = null
  })
  return out
}

/** Bytes from a marker to the next type; 0 when there is none. */
function typeLength(markers: readonly DtMarker[], index: number): number {
  const next = markers.slice(index + 1).find((marker) => isType(marker.type))
  return next ? next.offset - markers[index]!.offset : 0
}

/** An array or string without bytes beside others: dtc leaves it open, which cannot be read again; we leave it out. */
function isEmptyPart(markers: readonly DtMarker[], index: number, length: number): boolean {
  const next = markers.slice(index + 1).find((marker) => isType(marker.type))
  return (next?.offset ?? length) === markers[index]!.offset
}

function writeChunk(type: ValueType, bytes: Uint8Array): string {
  if (bytes.length === 0) return ''
  if (type === 'string') return `"${writeString(bytes.subarray(0, -1))}"`
  const width = { uint8: 1, uint16: 2, uint32: 4, uint64: 8 }[type]
  const numbers: string[] = []
  for (let at = 0; at + width <= bytes.length; at += width) {
    let digits = ''
    for (const byte of bytes.subarray(at, at + width)) digits += byte.toString(16).padStart(2, '0')
    numbers.push(width === 1 ? digits : '0x' + digits.replace(/^0+/, '').padStart(2, '0'))
  }
  return numbers.join(' ')
}

/** How a byte of a string is written that is not itself there. */
export const escapes: Readonly<Record<number, string>> = {
  0: '\\0',
  7: '\\a',
  8: '\\b',
  9: '\\t',
  10: '\\n',
  11: '\\v',
  12: '\\f',
  13: '\\r',
  34: '\\"',
  92: '\\\\',
}

/** Two escapes are not dtc's: those that it would read back as something else (a zero before an octal digit, bytes above 127). */
function writeString(bytes: Uint8Array): string {
  let out = ''
  bytes.forEach((byte, index) => {
    if (byte === 0 && isOctal(bytes[index + 1])) out += '\\000'
    else if (escapes[byte] !== undefined) out += escapes[byte]
    else if (byte >= 0x20 && byte < 0x7f) out += String.fromCharCode(byte)
    else out += '\\x' + byte.toString(16).padStart(2, '0')
  })
  return out
}

const isOctal = (byte: number | undefined): boolean => byte !== undefined && byte >= 0x30 && byte <= 0x37

const isTextByte = (byte: number): boolean => (byte >= 0x20 && byte < 0x7f) || byte === 0 || (byte >= 7 && byte <= 13)

function guessType(bytes: Uint8Array, markers: readonly DtMarker[]): ValueType {
  let zeros = 0
  let others = 0
  for (const byte of bytes) {
    if (byte === 0) zeros++
    if (!isTextByte(byte)) others++
  }
  const labels = markers.filter((marker) => marker.type === 'label')
  const isText = bytes.at(-1) === 0 && others === 0 && zeros <= bytes.length - zeros
  if (isText && labels.every(({ offset }) => offset === 0 || bytes[offset - 1] === 0)) return 'string'
  return bytes.length % 4 === 0 && labels.every(({ offset }) => offset % 4 === 0) ? 'uint32' : 'uint8'
}
