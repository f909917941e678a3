import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chromiumPath, openLab, screenshot, type Lab } from './lab.ts'

describe.skipIf(!chromiumPath)('the tour inside the lab', () => {
  let lab: Lab
  const step = (name: string) => lab.page.getByRole('navigation', { name: 'Steps of the tour' }).getByText(name)
  beforeAll(async () => {
    lab = await openLab()
    await lab.page.locator('.monaco-editor').first().waitFor()
    await lab.page.getByRole('navigation', { name: 'Places' }).getByText('Tour').click()
  })
  afterAll(() => lab.close())

  it('says of every step whether it still shows what it says', async () => {
    await lab.page.getByText(/^22 of 22 show what they say$/).waitFor({ timeout: 60_000 })
    await screenshot(lab.page, 'tour-begin')
  })

  it('opens a step with its board, its script, the sentence to look at, and every call with its answer', async () => {
    await step('Bounce buffers').click()
    await lab.page.getByText('It supports bounce buffers.').waitFor()
    await lab.page.getByText('from dmabounce:small').waitFor()
    await lab.page.getByRole('button', { name: 'Script', exact: true }).click()
    await lab.page.locator('.monaco-editor').getByText('newdev ethernet 26').waitFor()
    await screenshot(lab.page, 'tour-bounce')
  })

  it('charts free memory, what of it lies in areas, and the watermark, and explains the failure', async () => {
    await step('Accounting').click()
    await lab.page.getByText(/This kernel counts them/).waitFor()
    await screenshot(lab.page, 'tour-accounting')
    await lab.page.getByRole('tab', { name: /3\.7/ }).click()
    await lab.page.getByText(/This kernel leaves them out/).waitFor()
  })

  it('looks again when the files change, and says what is not shown any more', async () => {
    await step('CMA is in 3.5').click()
    await lab.page.getByText('Eight contiguous megabytes, which').waitFor()
    await lab.page.getByRole('button', { name: 'Script', exact: true }).click()
    await lab.page.locator('.monaco-editor').getByText('alloc camera frame').waitFor()
    await lab.page.getByRole('tab', { name: /3\.5/ }).click()
    await lab.page.locator('.monaco-editor .view-lines').first().click()
    await lab.page.keyboard.press('Control+End')
    await lab.page.keyboard.type('alloc camera more 80M kernel\n')
    await lab.page.getByText('alloc camera more 80M kernel').nth(1).waitFor()
    await screenshot(lab.page, 'tour-edited')
  })

  it('is walked through with the keyboard', async () => {
    await lab.page.getByRole('button', { name: 'Next', exact: true }).press('Enter')
    await lab.page.getByRole('button', { name: 'Discard' }).click()
    await lab.page.getByText('New attributes for DMA operations').waitFor()
    await step('New attributes').focus()
    await lab.page.keyboard.press('ArrowDown')
    await lab.page.keyboard.press('Enter')
    await lab.page.getByText('Better support for declaring coherent areas').waitFor()
  })

  it('has the talk, claim by claim, in the help', async () => {
    await lab.page.getByRole('button', { name: 'Claim by claim' }).click()
    await lab.page
      .getByRole('dialog')
      .getByRole('row', { name: /18-carve-out-api/ })
      .waitFor()
    await screenshot(lab.page, 'tour-help')
    await lab.page.getByRole('dialog').getByRole('button', { name: '05-cma' }).click()
    await lab.page.getByRole('dialog').waitFor({ state: 'detached' })
    await lab.page.getByText('The Contiguous Memory Allocator is in 3.5').first().waitFor()
    expect(lab.errors).toEqual([])
  })
})
