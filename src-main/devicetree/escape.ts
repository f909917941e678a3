/**
 * String escapes, after dtc: the C letters, up to three octal digits, up to two hex digits; any other character stands for itself.
 * Source text is UTF-16 here and UTF-8 in the blob. Bytes that were not UTF-8 are kept as U+DC80…U+DCFF (`decodeText`).
 */
const letters: Record<string, number> = { a: 7, b: 8, t: 9, n: 10, v: 11, f: 12, r: 13 }

/** UTF-8 of a text; kept bytes come back as they were. */
export function encodeText(text: string): Uint8Array {
  if (isAscii(text)) return asciiBytes(text)
  const out: number[] = []
  for (let at = 0; at < text.length; at++) at += pushCharacter(out, text, at)
  return Uint8Array.from(out)
}

function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 0x7f) return false
  return true
}

function asciiBytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length)
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at)
  return bytes
}

/** Appends the character at `at` as UTF-8; returns how many units beyond the first it took. */
function pushCharacter(out: number[], text: string, at: number): number {
  const code = text.charCodeAt(at)
  if (code < 0x80) out.push(code)
  else if (code >= 0xdc80 && code <= 0xdcff) out.push(code - 0xdc00)
  else {
    const point = text.codePointAt(at)!
    if (point < 0x800) out.push(0xc0 | (point >> 6), 0x80 | (point & 63))
    else if (point < 0x10000) out.push(0xe0 | (point >> 12), 0x80 | ((point >> 6) & 63), 0x80 | (point & 63))
    else {
      out.push(0xf0 | (point >> 18), 0x80 | ((point >> 12) & 63), 0x80 | ((point >> 6) & 63), 0x80 | (point & 63))
      return 1
    }
  }
  return 0
}

/** Bytes as text: UTF-8, and where they are none, one kept byte after the other. */
export function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return decodeName(bytes)
  }
}

/** Bytes as text in which every byte is one character; those beyond ASCII are kept bytes. */
export function decodeName(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte < 0x80 ? byte : 0xdc00 + byte)
  return text
}

/** Bytes of the inside of a string or character literal, without a terminating zero. */
export function decodeEscapes(inside: string, complain: (message: string) => void): Uint8Array {
  if (!inside.includes('\\')) return encodeText(inside)
  const out: number[] = []
  for (let at = 0; at < inside.length; at++) {
    if (inside[at] !== '\\' || at + 1 >= inside.length) {
      at += pushCharacter(out, inside, at)
      continue
    }
    at++
    const letter = inside[at]!
    const octal = /^[0-7]{1,3}/.exec(inside.slice(at, at + 3))
    const hex = letter === 'x' ? /^[0-9a-fA-F]{1,2}/.exec(inside.slice(at + 1, at + 3)) : null
    if (letters[letter] !== undefined) out.push(letters[letter])
    else if (octal) {
      out.push(parseInt(octal[0], 8) & 255)
      at += octal[0].length - 1
    } else if (hex) {
      out.push(parseInt(hex[0], 16))
      at += hex[0].length
    } else {
      if (letter === 'x') complain('\\x needs hex digits after it')
      at += pushCharacter(out, inside, at)
    }
  }
  return Uint8Array.from(out)
}
