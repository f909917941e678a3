/** What the tokens of devicetree source are. */
export type TokenKind =
  | 'end'
  | 'name'
  | 'number'
  | 'char'
  | 'byte'
  | 'string'
  | 'label'
  | 'reference'
  | 'path-reference'
  | '/dts-v1/'
  | '/plugin/'
  | '/memreserve/'
  | '/bits/'
  | '/delete-property/'
  | '/delete-node/'
  | '/omit-if-no-ref/'
  | '/incbin/'
  | 'operator'
  | 'punctuation'

export const keywords = [
  '/dts-v1/',
  '/plugin/',
  '/memreserve/',
  '/bits/',
  '/delete-property/',
  '/delete-node/',
  '/omit-if-no-ref/',
  '/incbin/',
] as const
