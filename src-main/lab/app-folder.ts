import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'

/**
 * The folder that holds package.json, `out` and `resources`. Looked for upwards, because the build decides whether a module ends up in an
 * entry or in a chunk.
 */
export function appFolder(from = import.meta.dirname): string {
  while (!existsSync(join(from, 'package.json')) && dirname(from) !== from) from = dirname(from)
  return from
}

/** Where the lab keeps what outlives a session, by the platform's custom; `CARVEOUT_STATE` names another place. */
export function stateFolder(
  env: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): string {
  if (env['CARVEOUT_STATE']) return env['CARVEOUT_STATE']
  if (platform === 'win32') return join(env['APPDATA'] ?? homedir(), 'Carveout')
  if (platform === 'darwin') return join(homedir(), 'Library/Application Support/Carveout')
  return join(env['XDG_CONFIG_HOME'] || join(homedir(), '.config'), 'carveout')
}
