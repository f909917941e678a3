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

/** The bytes of a value. Phandles are all ones and paths missing until resolved. */
export function buildValue({ parts }: AstProperty): Uint8Array {
  if (parts.length === 0) return noBytes
  length = 0
  for (const part of parts) {
    if (part.kind === 'cells') appendCells(part)
    else if (part.kind !== 'label' && part.kind !== 'reference') appendBytes(part.bytes, part.kind === 'string')
  }
  return finishedValue()
}

/** Whether something in a value is yet to be filled in. */
export function hasReferences({ parts }: AstProperty): boolean {
  for (const part of parts) {
    if (part.kind === 'reference') return true
    if (part.kind === 'cells') for (const element of part.elements) if (isReference(element)) return true
  }
  return false
}

const isReference = (element: AstCells['elements'][number]): boolean =>
  typeof element === 'object' && element.kind === 'reference'

/** Whether labels stand inside a value. */
export function hasLabels({ parts }: AstProperty): boolean {
  for (const part of parts) {
    if (part.kind === 'label' || (part.kind === 'bytes' && part.labels.length > 0)) return true
    if (part.kind === 'cells')
      for (const element of part.elements) if (typeof element === 'object' && element.kind === 'label') return true
  }
  return false
}

/** A marker for each type, label and reference of a value, before paths are filled in. */
export function buildMarkers({ parts }: AstProperty): Marker[] {
  const markers: Marker[] = []
  let offset = 0
  for (const part of parts) {
    if (part.kind === 'cells') offset = cellMarkers(part, offset, markers)
    else if (part.kind === 'label') markers.push({ type: 'label', offset, ref: part.name })
    else if (part.kind === 'reference') {
      markers.push({ type: 'string', offset, ref: part.target }, { type: 'path', offset, ref: part.target })
    } else {
      const type: MarkerType = part.kind === 'bytes' ? 'uint8' : part.kind === 'string' ? 'string' : 'none'
      markers.push({ type, offset, ref: '' })
      if (part.kind === 'bytes')
        for (const { name, at } of part.labels) markers.push({ type: 'label', offset: offset + at, ref: name })
      offset += part.bytes.length + (part.kind === 'string' ? 1 : 0)
    }
  }
  return markers
}

function cellMarkers({ bits, elements }: AstCells, start: number, markers: Marker[]): number {
  let offset = start
  markers.push({ type: cellTypes[bits], offset, ref: '' })
  for (const element of elements) {
    if (typeof element === 'object' && element.kind === 'label') {
      markers.push({ type: 'label', offset, ref: element.name })
      continue
    }
    if (typeof element === 'object' && bits === 32) markers.push({ type: 'phandle', offset, ref: element.target })
    offset += bits / 8
  }
  return offset
}

function appendBytes(bytes: Uint8Array, terminate: boolean): void {
  reserve(bytes.length + 1)
  buffer.set(bytes, length)
  length += bytes.length
  if (terminate) buffer[length++] = 0
}

function appendCells({ bits, elements }: AstCells): void {
  reserve(elements.length * (bits / 8))
  for (const element of elements) {
    if (typeof element !== 'object') appendInteger(element, bits)
    else if (element.kind === 'reference') buffer.fill(255, length, (length += bits / 8))
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
