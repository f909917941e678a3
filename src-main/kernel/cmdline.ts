/**
 * The kernel command line as parse_args() of kernel/params.c cuts it: words at white space, quotes around values, nothing after `--`.
 */
export interface Param {
  /** With `-` written as `_`, which the kernel holds for the same. */
  name: string
  /** Null: the word has no `=`. */
  value: string | null
}

/** The words of a command line, in order. */
export function parseCommandLine(text: string): Param[] {
  const params: Param[] = []
  for (const word of words(text)) {
    if (word === '--') break
    const bare = word.replace(/^"(.*?)"?$/s, '$1')
    const equals = bare.indexOf('=')
    const name = equals < 0 ? bare : bare.slice(0, equals)
    const value = equals < 0 ? null : bare.slice(equals + 1).replace(/^"(.*?)"?$/s, '$1')
    params.push({ name: name.replaceAll('-', '_'), value })
  }
  return params
}

/** White space inside double quotes does not end a word. */
const words = (text: string): string[] => text.match(/(?:"[^"]*"?|[^\s"])+/g) ?? []
