import {
  compile,
  type CompileOptions,
  type CompileResult,
  type DtTree,
  writeBlob,
} from '../../src-main/devicetree/index.ts'

/** Compiles a text as board.dts; `others` are the files that it may include. */
export function compileText(
  source: string,
  options: Partial<CompileOptions> = {},
  others: Record<string, string | Uint8Array> = {},
): CompileResult & { tree: DtTree } {
  const files: Record<string, string | Uint8Array> = { 'board.dts': source, ...others }
  const result = compile({
    entry: 'board.dts',
    files: {
      readText: (path) => (typeof files[path] === 'string' ? files[path] : null),
      readBytes: (path) => {
        const content = files[path]
        return typeof content === 'string' ? new TextEncoder().encode(content) : (content ?? null)
      },
    },
    ...options,
  })
  if (!result.tree) throw new Error('no tree')
  return { ...result, tree: result.tree }
}

/** Errors as `line:column message`. */
export const errorsOf = ({ diagnostics }: CompileResult): string[] =>
  diagnostics.filter((d) => d.severity === 'error').map((d) => `${d.line}:${d.column} ${d.message}`)

export const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

/** A property of the tree, by the path of its node and its name. */
export function valueAt(tree: DtTree, path: string, name: string): Uint8Array | undefined {
  let node: DtTree['root'] | undefined = tree.root
  for (const part of path.split('/').filter(Boolean)) node = node?.children.find((child) => child.name === part)
  return node?.properties.find((property) => property.name === name)?.bytes
}

export const blobOf = (source: string, options: Partial<CompileOptions> = {}): Buffer =>
  Buffer.from(writeBlob(compileText(source, options).tree))
