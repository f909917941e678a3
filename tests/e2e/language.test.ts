import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chromiumPath, openLab, screenshot, type Lab } from './lab.ts'

const board = `/dts-v1/;
#include "soc.dtsi"
/ {
	chosen { bootargs = "cma=64M"; };
	reserved-memory {
		#address-cells = <2>;
		#size-cells = <2>;
		ranges;
		cam: cam-pool { compatible = "shared-dma-pool"; reusable; size = <0 0x6000000>; };
	};
};
&vpu { memory-region = <&cam>; };
`
const soc = `/ {
	#address-cells = <2>;
	#size-cells = <2>;
	memory@40000000 { device_type = "memory"; reg = <0 0x40000000 0 0x40000000>; };
	vpu: vpu@1000 { compatible = "x,vpu"; reg = <0 0x1000 0 0x1000>; };
};
`

describe.skipIf(!chromiumPath)('editing a board', () => {
  let lab: Lab
  beforeAll(async () => {
    lab = await openLab({ project: { 'board.dts': board, 'soc.dtsi': soc } })
    await lab.page.locator('.view-line').getByText('reserved-memory').first().waitFor()
  })
  afterAll(() => lab.close())

  /** Puts the cursor behind `text` in the line that holds it. */
  async function goBehind(text: string) {
    const source = await lab.page.getByRole('tab', { selected: true }).first().innerText()
    const lines = (source.startsWith('soc') ? soc : board).split('\n')
    const line = lines.findIndex((candidate) => candidate.includes(text))
    await lab.page.locator('.monaco-editor').first().click()
    await lab.page.keyboard.press('Control+Home')
    for (let n = 0; n < line; n++) await lab.page.keyboard.press('ArrowDown')
    await lab.page.keyboard.press('Home')
    await lab.page.keyboard.press('Home')
    for (let n = 0; n < lines[line]!.indexOf(text) + text.length; n++) await lab.page.keyboard.press('ArrowRight')
  }

  /** Takes back what was typed: the file is again as it was opened. */
  async function undoAll() {
    const changed = lab.page.getByRole('button', { name: 'before: as saved' })
    for (let n = 0; n < 60; n++) await lab.page.keyboard.press('Control+Z')
    await expect.poll(() => changed.count()).toBe(0)
  }

  /** Completion offers `text`: a busy machine may answer later than the editor waits, and a person asks again. */
  async function expectOffered(text: string) {
    const offered = lab.page.locator('.suggest-widget').getByText(text).first()
    const askAgain = async () => {
      if (!(await offered.isVisible())) await lab.page.keyboard.press('Control+Space')
      return offered.isVisible()
    }
    await expect.poll(askAgain, { timeout: 30_000, interval: 1000 }).toBe(true)
  }

  it('hints at sizes and landing addresses', async () => {
    await lab.page
      .getByText(/96\sMiB\s→\s0x/)
      .first()
      .waitFor()
    await lab.page
      .getByText(/64\sMiB\s→\s0x/)
      .first()
      .waitFor()
  })

  it('shows what a region is when the pointer rests on it', async () => {
    await lab.page.locator('.view-line span').getByText('cam-pool').first().hover()
    await lab.page
      .locator('.monaco-hover')
      .getByText(/Lands at/)
      .first()
      .waitFor()
    await screenshot(lab.page, 'language-hover')
  })

  it('offers the properties of a region', async () => {
    await goBehind('reusable;')
    await lab.page.keyboard.type(' al')
    await expectOffered('alloc-ranges')
    await screenshot(lab.page, 'language-completion')
    await lab.page.keyboard.press('Escape')
    for (let n = 0; n < 3; n++) await lab.page.keyboard.press('Backspace')
  })

  it('offers the files that an include may name', async () => {
    await lab.page.locator('.monaco-editor').first().click()
    await lab.page.keyboard.press('Control+End')
    await lab.page.keyboard.type('#include "so')
    await expectOffered('soc.dtsi')
    await screenshot(lab.page, 'language-include')
    await lab.page.keyboard.press('Escape')
    // with the quote that the editor closed by itself
    for (const key of ['End', 'Shift+Home', 'Delete']) await lab.page.keyboard.press(key)
  })

  it('says which cell is being written', async () => {
    await goBehind('reusable;')
    await lab.page.keyboard.type(' alignment = <0 ')
    const hints = lab.page.locator('.parameter-hints-widget')
    const askAgain = async () => {
      if (!(await hints.isVisible())) await lab.page.keyboard.press('Control+Shift+Space')
      return (await hints.isVisible()) && (await hints.locator('.parameter.active').innerText())
    }
    await expect.poll(askAgain, { timeout: 30_000, interval: 1000 }).toBe('alignment-low')
    await screenshot(lab.page, 'language-signature')
    await lab.page.keyboard.press('Escape')
    await lab.page.keyboard.press('Escape')
    await undoAll()
  })

  it('folds a node, and opens it again', async () => {
    const hidden = lab.page.locator('.view-line').getByText('shared-dma-pool')
    await goBehind('reserved-memory {')
    await lab.page.keyboard.press('Control+Shift+[')
    await expect.poll(() => hidden.count()).toBe(0)
    await screenshot(lab.page, 'language-folded')
    await lab.page.keyboard.press('Control+Shift+]')
    await expect.poll(() => hidden.count()).toBe(1)
  })

  it('formats the file', async () => {
    await goBehind('ranges;')
    await lab.page.keyboard.type('  dma-ranges  =  <0   1>;')
    await lab.page.keyboard.press('Escape')
    await lab.page.keyboard.press('Control+Shift+I')
    await lab.page.locator('.view-line').getByText('dma-ranges = <0 1>;').first().waitFor()
    await screenshot(lab.page, 'language-formatted')
    await undoAll()
  })

  it('goes to the definition in another file', async () => {
    await goBehind('&vp')
    await lab.page.keyboard.press('F12')
    await expect.poll(() => lab.page.getByRole('tab', { selected: true }).first().innerText()).toContain('soc.dtsi')
    await lab.page.getByRole('navigation', { name: 'Place in the file' }).getByText('vpu@1000').waitFor()
    await lab.page.getByRole('tab', { name: 'board.dts' }).click()
  })

  it('renames a label in all files', async () => {
    await goBehind('&vp')
    await lab.page.keyboard.press('F2')
    await lab.page.locator('.rename-input').first().fill('codec')
    await lab.page.keyboard.press('Enter')
    await lab.page.locator('.view-line').getByText('&codec').first().waitFor()
    await lab.page.getByRole('tab', { name: 'soc.dtsi' }).click()
    await lab.page.locator('.view-line').getByText('codec:').first().waitFor()
    await screenshot(lab.page, 'language-rename')
  })

  it('shows the compiled tree, and leads from its lines to the source', async () => {
    await lab.page.getByRole('button', { name: 'Board', exact: true }).click()
    const line = lab.page.getByLabel('Compiled tree').last().getByText('size = <')
    await line.first().click()
    await expect.poll(() => lab.page.getByRole('tab', { selected: true }).first().innerText()).toContain('board.dts')
    await lab.page.locator('.line.current').first().waitFor()
    await screenshot(lab.page, 'language-compiled')
  })

  it('shows where a region lay before the edit, until it is undone', async () => {
    const ghost = lab.page.locator('[data-ghost="cam-pool"]')
    const before = lab.page.getByRole('button', { name: 'before: as saved' })
    expect(await before.count()).toBe(0)
    await goBehind('size = <0 0x6')
    await lab.page.keyboard.press('Backspace')
    await lab.page.keyboard.type('5')
    await lab.page
      .getByRole('row', { name: /cam-pool.*was 0x\S+ 96\sMiB/ })
      .first()
      .waitFor()
    expect(await ghost.count()).toBe(1)
    await screenshot(lab.page, 'language-before')
    await before.press('Enter')
    await expect.poll(() => ghost.count()).toBe(0)
    await before.press('Enter')
    await goBehind('size = <0 0x6')
    await lab.page.keyboard.press('Backspace')
    await lab.page.keyboard.type('6')
    await before.waitFor({ state: 'detached' })
    expect(await ghost.count()).toBe(0)
  })

  it('explains a problem', async () => {
    await goBehind('cma=64M')
    await lab.page.keyboard.type(' swiotlb=64M')
    await lab.page.getByTestId('help').or(lab.page.locator('[data-test=help]')).first().click()
    await lab.page.getByRole('dialog').getByText('counts slabs of 2 KiB').waitFor()
    await screenshot(lab.page, 'language-help')
    await lab.page.keyboard.press('Escape')
  })

  it('leaves nothing to complain about', () => expect(lab.errors).toEqual([]))
})
