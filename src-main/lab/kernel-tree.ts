import { existsSync, readdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

/**
 * A board opened inside a kernel source tree includes `<dt-bindings/…>` and the files of other vendors. The folders the kernel's own build
 * searches (scripts/Makefile.lib, dtc_cpp_flags) stand in for settings that such a folder does not have. Empty anywhere else.
 */
export function kernelTreeIncludes(folder: string): string[] {
  for (let root = resolve(folder); dirname(root) !== root; root = dirname(root)) {
    const prefixes = join(root, 'scripts/dtc/include-prefixes')
    if (existsSync(join(root, 'Kconfig')) && existsSync(prefixes))
      return [prefixes, join(root, 'include'), ...architectureFolders(root)]
  }
  return []
}

const architectureFolders = (root: string): string[] =>
  readdirSync(join(root, 'arch'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(root, 'arch', entry.name, 'boot/dts'))
    .filter((path) => existsSync(path))
