import type { AstCells, AstProperty } from './ast.ts'
import type { Marker, MarkerType } from './livetree.ts'
import { halves } from './u64.ts'

/** Where values are put together; one for all, since nothing here is re-entered. Grown when a value needs more. */
let buffer = new Uint8Array(4096)
let view = new DataView(buffer.buffer)
let length = 0

function reserve(extra: number): void {
  if (length + extra <= buffer.length) return
  const grown = new Uint8Array(Math.max(buffer.length * 2, length + extra))
  grown.set(buffer.subarray(0, length))
  buffer = grown
  view = new DataView(buffer.buffer)
}

/** Finished values stand side by side in blocks: a block is one allocation for thousands of values. */
const blockBytes = 65536
let block = new Uint8Array(blockBytes)
let blockUsed = 0

function finishedValue(): Uint8Array {
  if (length > blockBytes / 4) return buffer.slice(0, length)
  if (blockUsed + length > blockBytes) {
    block = new Uint8Array(blockBytes)
    blockUsed = 0
  }
  const value = block.subarray(blockUsed, blockUsed + length)
  for (let at = 0; at < length; at++) value[at] = buffer[at]!
  blockUsed += length
  return value
}

const cellTypes: Record<AstCells['bits'], MarkerType> = { 8: 'uint8', 16: 'uint16', 32: 'uint32', 64: 'uint64' }
const noBytes = new Uint8Array()

/** The bytes of a value with a marker for each type, label and reference. Phandles are all ones and paths missing until resolved. */
export function buildValue(ast: AstProperty): { bytes: Uint8Array; markers: Marker[] } {
  const markers: Marker[] = []
  if (ast.parts.length === 0) return { bytes: noBytes, markers }
  length = 0
  for (const part of ast.parts) {
    if (part.kind === 'cells') appendCells(part, markers)
    else if (part.kind === 'label') markers.push({ type: 'label', offset: length, ref: part.name })
    else if (part.kind === 'reference') {
      markers.push(
        { type: 'string', offset: length, ref: part.target },
        { type: 'path', offset: length, ref: part.target },
      )
    } else {
      if (part.kind === 'bytes') markers.push(...byteMarkers(part.labels))
      else markers.push({ type: part.kind === 'string' ? 'string' : 'none', offset: length, ref: '' })
      appendBytes(part.bytes, part.kind === 'string')
    }
  }
  return { bytes: finishedValue(), markers }
}

function byteMarkers(labels: { name: string; at: number }[]): Marker[] {
  const type: Marker = { type: 'uint8', offset: length, ref: '' }
  return [type, ...labels.map((label): Marker => ({ type: 'label', offset: length + label.at, ref: label.name }))]
}

function appendBytes(bytes: Uint8Array, terminate: boolean): void {
  reserve(bytes.length + 1)
  buffer.set(bytes, length)
  length += bytes.length
  if (terminate) buffer[length++] = 0
}

function appendCells(cells: AstCells, markers: Marker[]): void {
  const { bits } = cells
  markers.push({ type: cellTypes[bits], offset: length, ref: '' })
  reserve(cells.elements.length * (bits / 8))
  for (const element of cells.elements) {
    if (element.kind === 'label') markers.push({ type: 'label', offset: length, ref: element.name })
    else if (element.kind === 'reference') {
      if (bits === 32) markers.push({ type: 'phandle', offset: length, ref: element.target })
      buffer.fill(255, length, (length += bits / 8))
    } else appendInteger(element.value, bits)
  }
}

function appendInteger(value: number | bigint, bits: AstCells['bits']): void {
  const [high, low] = typeof value === 'number' && value < 0x100000000 ? [0, value] : halves(value)
  if (bits === 32) view.setUint32(length, low)
  else if (bits === 64) {
    view.setUint32(length, high)
    view.setUint32(length + 4, low)
  } else if (bits === 16) view.setUint16(length, low & 0xffff)
  else buffer[length] = low & 0xff
  length += bits / 8
}
