/** Every kernel that can be simulated: release and architecture lead to a profile here, and nowhere else. */
import { KernelConfig } from '../config.ts'
import type { Profile } from '../profile.ts'
import { arm64 } from './arm64.ts'
import { ARM64_CONFIG } from './defaults.ts'

interface ProfileRow {
  release: string
  arch: string
  config: string
  resolve: (config: KernelConfig) => Profile
}

const ROWS: readonly ProfileRow[] = [{ release: '6.12', arch: 'arm64', config: ARM64_CONFIG, resolve: arm64 }]

/**
 * The profile of a kernel with its configuration. `configText`: a `.config`, null for the default one; `extra`: lines that override it.
 * Null: no such kernel.
 */
export function resolveProfile(
  release: string,
  arch: string,
  configText: string | null,
  extra = '',
): { profile: Profile; config: KernelConfig } | null {
  const row = ROWS.find((r) => r.release === release && r.arch === arch)
  if (!row) return null
  const config = new KernelConfig(`${configText ?? row.config}\n${extra}`)
  return { profile: row.resolve(config), config }
}
