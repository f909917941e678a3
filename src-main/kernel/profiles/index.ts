/** Every kernel that can be simulated: release and architecture lead to a profile here, and nowhere else. */
import { KernelConfig } from '../config.ts'
import type { Profile } from '../profile.ts'
import { linux34 } from './3.4.ts'
import { linux35 } from './3.5.ts'
import { linux36 } from './3.6.ts'
import { linux37 } from './3.7.ts'
import { arm } from './arm.ts'
import { arm64 } from './arm64.ts'
import { ARM64_CONFIG, ARM_2012_CONFIG, ARM_CONFIG, X86_64_CONFIG } from './defaults.ts'
import { x86_64 } from './x86_64.ts'

interface ProfileRow {
  release: string
  arch: string
  config: string
  resolve: (config: KernelConfig) => Profile
}

const ROWS: readonly ProfileRow[] = [
  { release: '3.4', arch: 'arm', config: ARM_2012_CONFIG, resolve: linux34 },
  { release: '3.5', arch: 'arm', config: ARM_2012_CONFIG, resolve: linux35 },
  { release: '3.6', arch: 'arm', config: ARM_2012_CONFIG, resolve: linux36 },
  { release: '3.7', arch: 'arm', config: ARM_2012_CONFIG, resolve: linux37 },
  { release: '6.12', arch: 'arm64', config: ARM64_CONFIG, resolve: arm64 },
  { release: '6.12', arch: 'arm', config: ARM_CONFIG, resolve: arm },
  { release: '6.12', arch: 'x86_64', config: X86_64_CONFIG, resolve: x86_64 },
]

/** Releases that can be simulated on an architecture, oldest first. */
export const releasesFor = (arch: string): string[] =>
  ROWS.filter((row) => row.arch === arch).map(({ release }) => release)

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
