import { LiveNode, LiveProperty, type LiveTree } from './livetree.ts'
import { guessBootCpuid } from './merge.ts'

/** A folder as /proc/device-tree presents a tree (dtc's fstree.c): files are properties, folders are nodes. */
export interface FolderAccess {
  /** Names in the order in which the folder lists them, without `.` and `..`; null when it cannot be read. */
  list(path: string): { name: string; isFolder: boolean }[] | null
  readBytes(path: string): Uint8Array | null
}

const maximumDepth = 200

/** Files that cannot be read are left out and named in `unreadable`. */
export function readFolder(path: string, access: FolderAccess): { live: LiveTree; unreadable: string[] } {
  const unreadable: string[] = []
  const root = readNode('', path, access, unreadable, 0)
  return { live: { root, memreserve: [], plugin: false, bootCpuid: guessBootCpuid(root), unit: null }, unreadable }
}

function readNode(name: string, path: string, access: FolderAccess, unreadable: string[], depth: number): LiveNode {
  const node = new LiveNode(name)
  const entries = depth < maximumDepth ? access.list(path) : null
  if (!entries) unreadable.push(path)
  for (const entry of entries ?? []) {
    const inside = `${path}/${entry.name}`
    if (entry.isFolder) node.addChild(readNode(entry.name, inside, access, unreadable, depth + 1))
    else {
      const bytes = access.readBytes(inside)
      if (!bytes) unreadable.push(inside)
      else node.properties.push(Object.assign(new LiveProperty(entry.name), { bytes }))
    }
  }
  return node
}
