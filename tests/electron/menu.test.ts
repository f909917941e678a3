import type { MenuItemConstructorOptions } from 'electron'
import { describe, expect, it, vi } from 'vitest'
import { createCommands } from '../../src-renderer/shell/commands.ts'
import { menuCommandIds, menuTemplate, type MenuActions } from '../../src-main/electron/menu.ts'

type Item = MenuItemConstructorOptions
const all = (items: Item[]): Item[] =>
  items.flatMap((item) => [item, ...all(Array.isArray(item.submenu) ? item.submenu : [])])

function menu(platform: NodeJS.Platform = 'linux', recents: MenuActions['recents'] = []) {
  const actions = { command: vi.fn(), openPath: vi.fn(), recents }
  return { items: all(menuTemplate(actions, platform)), actions }
}
const click = (item: Item | undefined) => (item?.click as (() => void) | undefined)?.()

describe('the native menu', () => {
  it('sends the command that it names', () => {
    const { items, actions } = menu()
    for (const id of menuCommandIds) click(items.find((item) => item.id === id))
    expect(actions.command.mock.calls.flat()).toEqual(menuCommandIds)
  })

  it('names no command that the page does not have', () => {
    const parts = { run: {}, sizing: {}, ui: {}, preferences: {}, selection: {} }
    const known = createCommands(parts as never, {} as never).map((command) => command.id)
    expect(menuCommandIds.filter((id) => !known.includes(id))).toEqual([])
  })

  it('opens a recent project, unless it is gone', () => {
    const { items, actions } = menu('linux', [
      { folder: '/projects/here', name: 'here', missing: false },
      { folder: '/projects/gone', name: 'gone', missing: true },
    ])
    click(items.find((item) => item.label?.startsWith('here')))
    expect(actions.openPath).toHaveBeenCalledWith('/projects/here')
    expect(items.find((item) => item.label?.startsWith('gone'))).toMatchObject({ enabled: false })
  })

  it('says so when there are none', () => {
    expect(menu().items).toContainEqual({ label: 'None', enabled: false })
  })

  it('has what each system expects', () => {
    const roles = (platform: NodeJS.Platform) => menu(platform).items.map((item) => item.role)
    expect(roles('darwin')).toContain('appMenu')
    expect(roles('darwin')).toContain('close')
    expect(roles('win32')).toContain('quit')
    expect(roles('linux')).toEqual(expect.arrayContaining(['editMenu', 'windowMenu', 'toggleDevTools']))
  })

  it('leaves the shortcuts to the page, which would otherwise act twice', () => {
    for (const item of menu().items) if (item.accelerator) expect(item.registerAccelerator).toBe(false)
  })
})
