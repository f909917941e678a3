import { rowsOf, tableOf, type WireTable } from './wire-table.ts'

/**
 * Values as bytes for transports that carry no structured clone. One frame is: u32 length of the JSON (little endian), the JSON, padding to
 * eight bytes, then the columns one after the other, each padded to eight. A typed array stands in the JSON as
 * `{"$column": [type, byteOffset, length]}`, so a million samples cost a copy, not a million digits; a long array of flat objects stands there
 * as `{"$table": …}`, which is columns again (wire-table.ts).
 */
const columnTypes = {
  Float64Array,
  Float32Array,
  Uint32Array,
  Int32Array,
  Uint16Array,
  Int16Array,
  Uint8Array,
  Int8Array,
} as const
type Column = InstanceType<(typeof columnTypes)[keyof typeof columnTypes]>

const align8 = (bytes: number): number => Math.ceil(bytes / 8) * 8
const isColumn = (value: unknown): value is Column => ArrayBuffer.isView(value) && value.constructor.name in columnTypes

export function encodeFrame(value: unknown): Uint8Array<ArrayBuffer> {
  const columns: Column[] = []
  let columnBytes = 0
  const place = (column: Column) => {
    const placed = { $column: [column.constructor.name, columnBytes, column.length] }
    columns.push(column)
    columnBytes += align8(column.byteLength)
    return placed
  }
  const replace = (item: object): unknown => {
    if (isColumn(item)) return place(item)
    const table = Array.isArray(item) ? tableOf(item) : null
    return table ? { $table: replaced(table, replace) } : item
  }
  const json = JSON.stringify(replaced(value, replace))
  const text = new TextEncoder().encode(json)
  const start = align8(4 + text.length)
  const frame = new Uint8Array(start + columnBytes)
  new DataView(frame.buffer).setUint32(0, text.length, true)
  frame.set(text, 4)
  let at = start
  for (const column of columns) {
    frame.set(new Uint8Array(column.buffer, column.byteOffset, column.byteLength), at)
    at += align8(column.byteLength)
  }
  return frame
}

/** A value as the bytes of its frame: whoever keeps it or passes it on does not look inside. */
export type Packed<T> = Uint8Array<ArrayBuffer> & { readonly holds?: T }
export const pack = <T>(value: T): Packed<T> => encodeFrame(value)
/** @throws on bytes that are no frame */
export const unpack = <T>(packed: Packed<T>): T => decodeFrame(packed) as T

/** Throws on bytes that are no frame; columns are views into (a copy of) the frame. */
export function decodeFrame(bytes: Uint8Array): unknown {
  // not slice(): a Buffer's is a view of the same, still unaligned bytes
  const frame = bytes.byteOffset % 8 === 0 ? bytes : new Uint8Array(bytes)
  const textBytes = new DataView(frame.buffer, frame.byteOffset, frame.byteLength).getUint32(0, true)
  const text = new TextDecoder('utf-8', { fatal: true }).decode(frame.subarray(4, 4 + textBytes))
  const start = frame.byteOffset + align8(4 + textBytes)
  const replace = (item: object): unknown => {
    if ('$table' in item) return rowsOf(replaced(item.$table, replace) as WireTable)
    const place = placeOf(item)
    return place ? new columnTypes[place.type](frame.buffer as ArrayBuffer, start + place.offset, place.length) : item
  }
  return replaced(JSON.parse(text), replace)
}

/**
 * A value with some of its objects replaced; what holds none of them stays the object that it was. JSON's own replacer and reviver ask for
 * every number of a result, which takes many times as long.
 */
function replaced(value: unknown, replace: (item: object) => unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  const other = replace(value)
  if (other !== value || ArrayBuffer.isView(value)) return other
  if (Array.isArray(value)) {
    let copy: unknown[] | null = null
    for (let at = 0; at < value.length; at++) {
      const item = replaced(value[at], replace)
      if (item !== value[at]) (copy ??= value.slice())[at] = item
    }
    return copy ?? value
  }
  let copy: Record<string, unknown> | null = null
  for (const key in value) {
    const own = (value as Record<string, unknown>)[key]
    if (typeof own !== 'object' || own === null) continue
    const item = replaced(own, replace)
    if (item !== own) (copy ??= { ...value })[key] = item
  }
  return copy ?? value
}

function placeOf(item: object): { type: keyof typeof columnTypes; offset: number; length: number } | null {
  if (!('$column' in item) || !Array.isArray(item.$column)) return null
  const [type, offset, length] = item.$column as unknown[]
  if (typeof type !== 'string' || !(type in columnTypes)) throw new RangeError(`no such column type: ${String(type)}`)
  return { type: type as keyof typeof columnTypes, offset: Number(offset), length: Number(length) }
}
