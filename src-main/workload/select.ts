import type { Board, BoardDevice } from '@shared/board.ts'
import { editDistance } from './issues.ts'
import { ROLES, type Role } from './presets.ts'

/**
 * Which device of the board a stream means. A selector is tried as path, label, kernel name, node name, compatible and last as role;
 * several streams of one preset without a selector share the device.
 */
export type Selection = { device: BoardDevice } | { problem: string }

type Way = (device: BoardDevice, selector: string) => boolean

const nodeName = (device: BoardDevice): string => device.path.slice(device.path.lastIndexOf('/') + 1)

const WAYS: Way[] = [
  (device, selector) => device.path === selector,
  (device, selector) => device.labels.includes(selector.replace(/^&/, '')),
  (device, selector) => device.name === selector,
  (device, selector) => nodeName(device) === selector || nodeName(device).split('@')[0] === selector,
  (device, selector) => device.compatible.includes(selector),
  (device, selector) => Object.hasOwn(ROLES, selector) && hasRole(device, selector as Role),
]

const hasRole = (device: BoardDevice, role: Role): boolean =>
  ROLES[role].test(nodeName(device)) || device.compatible.some((text) => ROLES[role].test(text))

export function selectDevice(board: Board, selector: string): Selection {
  for (const matches of WAYS) {
    const found = board.devices.filter((device) => matches(device, selector))
    const device = found.find((candidate) => candidate.enabled)
    if (device) return { device }
    if (found[0])
      return {
        problem: `"${selector}" is ${found[0].path}, which has status "disabled"; enable it or choose another device`,
      }
  }
  return { problem: `the board has no device "${selector}"; ${suggestion(board, selector)}` }
}

function suggestion(board: Board, selector: string): string {
  const names = board.devices.filter((device) => device.enabled).flatMap((device) => device.labels[0] ?? device.name)
  if (!names.length) return 'it has no devices at all'
  const near = [...names].sort((a, b) => editDistance(a, selector) - editDistance(b, selector))
  return `name one by path, label, name or compatible, such as ${near.slice(0, 4).join(', ')}`
}
