import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { it } from 'vitest'
import { openLab } from './lab.ts'

/** README's pictures, made anew by `npm run screenshot`: the example after its run, in both themes. */
const folder = resolve(import.meta.dirname, '../../resources/pictures')

it.each(['dark', 'light'] as const)('the lab, %s', async (colorScheme) => {
  mkdirSync(folder, { recursive: true })
  const lab = await openLab({ colorScheme, width: 1600, height: 1000 })
  try {
    await lab.page.locator('.monaco-editor').first().waitFor()
    await lab.page.getByTestId('apply-suggestion').waitFor({ timeout: 90_000 })
    // charts draw themselves in
    await lab.page.waitForTimeout(2000)
    await lab.page.screenshot({ path: join(folder, `lab-${colorScheme}.png`) })
  } finally {
    await lab.close()
  }
})
