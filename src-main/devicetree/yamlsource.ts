import { escapes } from './treesource.ts'
import type { DtMarker, DtNode, DtProperty, DtTree } from './tree.ts'

/**
 * Tree → YAML as schema checkers read it (dtc's yamltree.c, in the layout of the YAML library that it uses): a node is a mapping, a value a
 * sequence with an entry for every array and string of the source, so only trees that came from source have one.
 */
export function writeYaml(tree: DtTree): YamlResult {
  const writer = new YamlWriter()
  writer.tree(tree)
  return { text: writer.text, problems: writer.problems }
}

export interface YamlResult {
  text: string
  /** What YAML cannot say. */
  problems: string[]
}

const bestWidth = 80
const widths: Partial<Record<DtMarker['type'], 1 | 2 | 4 | 8>> = { uint8: 1, uint16: 2, uint32: 4, uint64: 8 }
const tags = { 1: '!u8 ', 2: '!u16 ', 4: '', 8: '!u64 ' }

class YamlWriter {
  text = '---'
  readonly problems: string[] = []
  private column = 0

  tree({ root }: DtTree): void {
    if (root.deleted) this.text += ' []\n'
    else {
      this.newLine(0)
      this.write('- ')
      this.node(root, 2, true)
    }
    this.text += '...\n'
  }

  private write(text: string): void {
    this.text += text
    this.column += text.length
  }

  private newLine(indent: number): void {
    this.text += '\n' + ' '.repeat(indent)
    this.column = indent
  }

  /** `inline`: the first entry stands on the line that is there already. */
  private node(node: DtNode, indent: number, inline: boolean): void {
    if (node.properties.length + node.children.length === 0) {
      this.write(inline ? '{}' : ' {}')
      if (inline) this.text += '\n'
      return
    }
    let first = inline
    const begin = (): void => {
      if (!first) this.newLine(indent)
      first = false
    }
    for (const property of node.properties) {
      begin()
      this.write(key(property.name, true) + ':')
      this.value(node, property, indent + 2)
    }
    for (const child of node.children) {
      begin()
      this.write(key(child.name, false) + ':')
      this.node(child, indent + 2, false)
    }
    if (inline) this.text += '\n'
  }

  private value(node: DtNode, { name, bytes, markers = [] }: DtProperty, indent: number): void {
    if (bytes.length === 0) return this.write(' true')
    // what is of no type (an /incbin/) stands for nothing, as with dtc
    const parts = markers.filter(({ type }) => type in widths || type === 'string')
    if (markers.length === 0)
      this.problems.push(`${node.path}:${name}: nothing says of what type this value is; YAML needs a source file`)
    this.write(' [')
    parts.forEach(({ type, offset }, index) => {
      const end = parts[index + 1]?.offset ?? bytes.length
      this.separate(index, indent)
      if (type === 'string') this.string(`${node.path}:${name}`, bytes.subarray(offset, end - 1), indent + 2)
      else this.numbers(bytes, offset, end, widths[type]!, markers, indent)
    })
    this.write(']')
  }

  /** Before an entry of a sequence: a comma, and a new line where the one under work is full. */
  private separate(index: number, indent: number): void {
    if (index > 0) this.write(',')
    if (this.column > bestWidth) this.newLine(indent)
    else if (index > 0) this.write(' ')
  }

  private numbers(
    bytes: Uint8Array,
    start: number,
    end: number,
    width: 1 | 2 | 4 | 8,
    markers: readonly DtMarker[],
    indent: number,
  ): void {
    this.write(`${tags[width]}[`)
    for (let at = start, index = 0; at < end; at += width, index++) {
      this.separate(index, indent + 2)
      let value = 0n
      for (const byte of bytes.subarray(at, at + width)) value = (value << 8n) | BigInt(byte)
      const isPhandle = width === 4 && markers.some(({ type, offset }) => type === 'phandle' && offset === at)
      this.write(`${isPhandle ? '!phandle ' : ''}0x${value.toString(16)}`)
    }
    this.write(']')
  }

  private string(where: string, bytes: Uint8Array, indent: number): void {
    this.write('"')
    let afterSpace = false
    bytes.forEach((byte, index) => {
      if (byte > 0x7f) this.problems.push(`${where}: only ASCII strings can stand in YAML`)
      const isSpace = byte === 0x20
      if (isSpace && !afterSpace && this.column > bestWidth && index > 0 && index < bytes.length - 1) {
        this.newLine(indent)
        if (bytes[index + 1] === 0x20) this.write('\\')
      } else this.write(yamlEscapes[byte] ?? printable(byte))
      afterSpace = isSpace
    })
    this.write('"')
  }
}

const yamlEscapes: Readonly<Record<number, string>> = { ...escapes, 27: '\\e' }
const printable = (byte: number): string =>
  byte < 0x20 || byte === 0x7f ? `\\x${byte.toString(16).toUpperCase().padStart(2, '0')}` : String.fromCharCode(byte)

/** A name as the key of a mapping: quoted where it could be taken for something else. */
function key(name: string, isProperty: boolean): string {
  if (name !== '' && !/^[#,[\]{}&*!|>'"%@`]|^-$|^\?$|^---|^\.\.\./.test(name)) return name
  return isProperty ? `'${name}'` : `! '${name}'`
}
