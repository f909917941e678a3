import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { chromiumPath, openLab, screenshot } from './lab.ts'

/** From nothing to a compared recommendation: a folder without a board, as a newcomer brings it. */
const workload = `format: 1
name: One camera
duration: 1s
streams:
  - preset: camera
    name: sensor
    device: /camera@30000000
    resolution: 5mp
    pixels: uyvy
    frames: 7
`

describe.skipIf(!chromiumPath)('the first steps with a board of one’s own', () => {
  it('begins a board, takes a kernel’s .config, sizes, compares with today and takes the charts home', async () => {
    const lab = await openLab({ project: { 'workload.yaml': workload, '.config': '# CONFIG_DMA_CMA is not set\n' } })
    const { page } = lab
    const go = (room: string) => page.getByRole('navigation').getByText(room, { exact: true }).click()
    try {
      await page.getByTestId('new-board').click({ timeout: 60_000 })
      await page.locator('[data-region="camera"]').waitFor({ timeout: 60_000 })
      await page.locator('footer .verdict').filter({ hasText: 'failure' }).waitFor({ timeout: 60_000 })

      await page.getByRole('button', { name: /^Machine: Linux/ }).click()
      await page.getByTestId('choose-config').click()
      await page.getByRole('button', { name: '.config', exact: true }).click()
      await page.getByRole('dialog', { name: 'Machine' }).getByRole('button', { name: 'Apply' }).click()
      // a kernel without CMA has no default area
      await page.locator('[data-region="reserved"]').waitFor({ state: 'detached', timeout: 60_000 })
      expect(readFileSync(join(lab.folder!, 'carveout.json'), 'utf8')).toContain('configFile')
      await page.getByRole('button', { name: /^Machine: Linux/ }).click()
      await page.getByRole('dialog', { name: 'Machine' }).getByRole('button', { name: 'Remove', exact: true }).click()
      await page.getByRole('dialog', { name: 'Machine' }).getByRole('button', { name: 'Apply' }).click()
      await page.locator('[data-region="reserved"]').waitFor({ timeout: 60_000 })

      await go('Size')
      await page.getByLabel('runs per size').fill('4')
      await page.getByRole('button', { name: 'Size', exact: true }).last().click()
      await page.getByTestId('compare-sizes').click({ timeout: 120_000 })
      await page.getByText('First difference').waitFor({ timeout: 90_000 })
      const maps = page.getByRole('region', { name: 'Area maps' })
      expect(await maps.getByRole('img', { name: /page by page/ }).count()).toBe(2)
      await screenshot(page, 'compare-recommended')

      await page.getByTestId('export-compare').click()
      await page.getByRole('menuitem', { name: /^Charts as PNG/ }).click()
      await page.getByTestId('choose-folder').click()
      await page.getByText(/^Written:.*\.png/).waitFor()
      const picture = readdirSync(lab.folder!).find((name) => name.endsWith('.png'))!
      expect(readFileSync(join(lab.folder!, picture)).subarray(1, 4).toString()).toBe('PNG')
      expect(existsSync(join(lab.folder!, 'board.dts'))).toBe(false)
      expect(lab.errors).toEqual([])
    } finally {
      await lab.close()
    }
  })
})
