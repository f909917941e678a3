/** A POSIX archive of these members, by name. */
export function tarOf(members: Record<string, string | Uint8Array>): Uint8Array {
  const blocks = Object.entries(members).flatMap(([name, content]) => {
    const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content
    const header = new Uint8Array(512)
    const put = (at: number, text: string): void => header.set(new TextEncoder().encode(text), at)
    put(0, name)
    put(124, bytes.length.toString(8).padStart(11, '0'))
    put(156, '0')
    put(257, 'ustar')
    const body = new Uint8Array(Math.ceil(bytes.length / 512) * 512)
    body.set(bytes)
    return [header, body]
  })
  return Buffer.concat([...blocks, new Uint8Array(1024)])
}
