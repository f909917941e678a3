/** Packs the recordings that selection.txt names into the committed archive. CARVEOUT_TRUTH_PACK=1 makes the tests do it. */
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { brotliCompressSync, constants } from 'node:zlib'
import { archivePath, readRecording, type Archive } from './recordings.ts'

/** What no fact is taken from, and takes most of the room. */
const LEFT_OUT = new Set(
  'iomem reserved_memblock memory warnings buddyinfo free_by_type pageblocks_by_type vmstat meminfo chunks'.split(' '),
)

/** Names of the selection, one a line. */
export const selection = (): string[] =>
  readFileSync(join(import.meta.dirname, 'selection.txt'), 'utf8')
    .split('\n')
    .filter(Boolean)

/** Writes the archive anew from the folder of all recordings. */
export function pack(folder: string): void {
  const archive: Archive = { configs: {}, recordings: [] }
  for (const name of selection()) {
    const { config, ...recording } = readRecording(folder, name)
    archive.configs[dirname(name)] = config
      .split('\n')
      .filter((line) => line.startsWith('CONFIG_'))
      .join('\n')
    archive.recordings.push(recording)
  }
  const json = JSON.stringify(archive, (key, value: unknown) => (LEFT_OUT.has(key) ? undefined : value))
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 24 }
  writeFileSync(archivePath, brotliCompressSync(json, { params }))
}
