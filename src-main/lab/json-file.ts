import { mkdirSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import type { z } from 'zod'

/** A small file of settings. What is missing or damaged reads as the default: no state of the lab is worth refusing to start for. */
export interface JsonFile<T> {
  read(): T
  write(value: T): void
}

export function jsonFile<S extends z.ZodType>(path: string, schema: S, fallback: z.output<S>): JsonFile<z.output<S>> {
  return {
    read() {
      try {
        return schema.parse(JSON.parse(readFileSync(path, 'utf8')))
      } catch {
        return fallback
      }
    },
    write: (value) => writeWhole(path, JSON.stringify(value, null, 2) + '\n'),
  }
}

/** The same for large content, without holding up whoever serves the window. */
export async function writeWholeAside(path: string, content: Uint8Array): Promise<void> {
  mkdirSync(dirname(path), { recursive: true })
  await writeFileAtomic(path, Buffer.from(content.buffer, content.byteOffset, content.byteLength))
}

/** Old content or new content, never half of it; folders are made as needed. */
export function writeWhole(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileAtomic.sync(path, typeof content === 'string' ? content : Buffer.from(content))
}
