export { compile, parse } from './compile.ts'
export { writeBlob, type BlobOptions } from './flatten.ts'
export * from './tree.ts'
