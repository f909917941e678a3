import type { Completion } from '@shared/language.ts'
import { candidatePaths, folderOf } from '../preprocess/sources.ts'
import type { FolderEntry } from '../tree.ts'
import type { At } from './at.ts'
import type { Snapshot } from './snapshot.ts'

/** Paths inside `#include "…"`, `#include <…>`, `/include/ "…"` and `/incbin/("…")`, from the folders in which the compiler would look. */
const opening = /(?:#[ \t]*include(?:_next)?[ \t]*([<"])|\/include\/[ \t]*(")|\/incbin\/[ \t]*\([ \t]*("))([^<>"\n]*)$/

type PathDraft = Pick<Completion, 'label' | 'kind' | 'snippet' | 'detail' | 'rank' | 'range'>

/** Null where no path stands. */
export function includeDrafts(snapshot: Snapshot, { file, text, offset }: At): PathDraft[] | null {
  const line = text.slice(text.lastIndexOf('\n', offset - 1) + 1, offset)
  const match = opening.exec(line)
  if (!match) return null
  const { files, includeDirs = [] } = snapshot.parsed.options
  const typed = match[4]!
  const inside = folderOf(typed)
  const range = snapshot.span(file, offset - (typed.length - inside.length), offset)
  const isWanted = match[3] ? () => true : isSource
  const found = new Map<string, PathDraft>()
  for (const folder of candidatePaths(inside, match[1] === '<' ? null : file, includeDirs))
    for (const entry of files.list?.(folder) ?? []) {
      if (entry.name.startsWith('.') || found.has(entry.name) || !(entry.isFolder || isWanted(entry))) continue
      const label = entry.isFolder ? `${entry.name}/` : entry.name
      const snippet = label.replace(/[$}\\]/g, '\\$&')
      found.set(entry.name, { label, kind: 'file', snippet, detail: folder, rank: entry.isFolder ? 1 : 0, range })
    }
  return [...found.values()]
}

const isSource = ({ name }: FolderEntry): boolean => /\.(?:h|dtsi?|dtso)$/.test(name)
