/** Characters of devicetree source, as the scanner tells them apart. */

// Character classes, one bit each.
export const NAME = 1
export const WORD = 2
export const WORD_START = 4
export const DIGIT = 8
export const HEX = 16
export const SPACE = 32
const classes = new Uint8Array(128)
for (let code = 0; code < 128; code++) {
  const char = String.fromCharCode(code)
  if (/[a-zA-Z0-9,._+*#?@-]/.test(char)) classes[code]! |= NAME
  if (/\w/.test(char)) classes[code]! |= WORD
  if (/[a-zA-Z_]/.test(char)) classes[code]! |= WORD_START
  if (/\d/.test(char)) classes[code]! |= DIGIT
  if (/[0-9a-fA-F]/.test(char)) classes[code]! |= HEX
  if (/[ \t\n\r\f\v\0]/.test(char)) classes[code]! |= SPACE
}
/** Whether a character is of one of the classes in `mask`. */
export const is = (code: number, mask: number): boolean => code < 128 && (classes[code]! & mask) !== 0

export const SLASH = 47
export const STAR = 42
export const NEWLINE = 10
export const QUOTE = 34
export const APOSTROPHE = 39
export const AMPERSAND = 38
export const BACKSLASH = 92
export const COLON = 58
export const HASH = 35
