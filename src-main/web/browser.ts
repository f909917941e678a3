import { spawn } from 'node:child_process'

/** The program that opens an address in the user's browser; null where nobody would see it. */
export function browserCommand(url: string, platform = process.platform, env = process.env): [string, string[]] | null {
  if (platform === 'darwin') return ['open', [url]]
  if (platform === 'win32') return ['rundll32', ['url.dll,FileProtocolHandler', url]]
  return env['DISPLAY'] || env['WAYLAND_DISPLAY'] ? ['xdg-open', [url]] : null
}

/** Opens the address in the user's browser, if there is one; the address was printed anyway. */
export function openBrowser(url: string): void {
  const command = browserCommand(url)
  if (!command) return
  const child = spawn(...command, { stdio: 'ignore', detached: true })
  child.on('error', () => {})
  child.unref()
}
