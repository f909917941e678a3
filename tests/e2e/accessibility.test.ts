import { AxeBuilder } from '@axe-core/playwright'
import { describe, expect, it } from 'vitest'
import { chromiumPath, openLab } from './lab.ts'

const wcag = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']
const rooms = ['Board', 'Workload', 'Run', 'Why', 'Size', 'Compare', 'History', 'Tour']

/** Dialogs, and what the palette finds them by. */
const dialogs = [
  ['Machine', 'machine'],
  ['Shortcuts', 'all shortcuts'],
  ['Add a workload', 'add a workload'],
  ['Open', 'open project'],
] as const

describe.skipIf(!chromiumPath)('the lab for people who cannot see or point', () => {
  it.each(['dark', 'light'] as const)('has names, roles and contrast in every room, %s', async (colorScheme) => {
    const lab = await openLab({ colorScheme })
    try {
      await lab.page.locator('.monaco-editor').first().waitFor()
      for (const room of rooms) {
        await lab.page.getByRole('navigation').getByText(room, { exact: true }).click()
        // the editor's own inside is Monaco's affair
        const axe = new AxeBuilder({ page: lab.page as never }).exclude('.monaco-editor').withTags(wcag)
        const { violations } = await axe.analyze()
        const found = violations.flatMap(({ id, nodes }) =>
          nodes.map((node) => `${room}: ${id}: ${node.html.slice(0, 200)}`),
        )
        expect(found).toEqual([])
      }
      for (const [name, keys] of dialogs) {
        await lab.page.getByRole('navigation').getByText('Run', { exact: true }).click()
        await lab.page.keyboard.press('Control+k')
        await lab.page.getByRole('combobox', { name: 'Command' }).fill(keys)
        await lab.page.keyboard.press('Enter')
        await lab.page.getByRole('dialog', { name }).waitFor()
        const { violations } = await new AxeBuilder({ page: lab.page as never })
          .include('[role=dialog]')
          .withTags(wcag)
          .analyze()
        expect(violations.map(({ id }) => `${name}: ${id}`)).toEqual([])
        await lab.page.keyboard.press('Escape')
        await lab.page.getByRole('dialog').waitFor({ state: 'hidden' })
      }
    } finally {
      await lab.close()
    }
  })
})
