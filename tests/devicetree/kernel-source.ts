import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Debian's package linux-source-6.12, as far as devicetree needs it: source files, headers, and the links that the kernel's build uses. */
const folder = '/usr/src/linux-source-6.12'
const archive = `${folder}.tar.xz`
const needed = [
  'arch/*/boot/dts',
  'include/dt-bindings',
  'include/uapi/linux/input-event-codes.h',
  'scripts/dtc/include-prefixes',
  'scripts/dtc/dt-bindings',
]

/** The root of the kernel's tree, unpacked on first use into the temporary folder; null where the package is not installed. */
export function kernelSource(): string | null {
  const known = [process.env['CARVEOUT_LINUX_SOURCE'], folder].find(
    (path) => path && existsSync(join(path, 'arch/arm64/boot/dts')),
  )
  if (known) return known
  if (!existsSync(archive)) return null
  const unpacked = join(tmpdir(), `carveout-linux-source-6.12-${statSync(archive).size}`)
  if (!existsSync(unpacked)) unpack(unpacked)
  return unpacked
}

function unpack(target: string): void {
  const unfinished = mkdtempSync(join(tmpdir(), 'carveout-linux-'))
  const patterns = needed.map((pattern) => `linux-source-6.12/${pattern}`)
  try {
    execFileSync('tar', ['-xJf', archive, '-C', unfinished, '--strip-components=1', '--wildcards', ...patterns], {
      stdio: 'ignore',
    })
  } catch {
    // one of the patterns is in no release: tar says so, and has unpacked the others
  }
  try {
    renameSync(unfinished, target)
  } catch {
    // another process was faster
    rmSync(unfinished, { recursive: true, force: true })
  }
}

/** Whether a program of Debian's device-tree-compiler or cpp is there. */
export function hasProgram(name: string): boolean {
  return (process.env['PATH'] ?? '').split(':').some((path) => existsSync(join(path, name)))
}

/** Every .dts and .dtso file of the three architectures, as paths from the root of the tree. */
export function deviceTreeSources(root: string): string[] {
  const found: string[] = []
  const visit = (path: string): void => {
    for (const entry of readdirSync(join(root, path), { withFileTypes: true })) {
      const inside = `${path}/${entry.name}`
      if (entry.isDirectory()) visit(inside)
      else if (/\.dtso?$/.test(entry.name)) found.push(inside)
    }
  }
  for (const arch of ['arm', 'arm64', 'riscv']) visit(`arch/${arch}/boot/dts`)
  return found.sort()
}
