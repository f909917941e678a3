import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { chromiumPath, openLab, screenshot, type Lab, type LabOptions } from './lab.ts'

/** A small board and a workload that takes a blink: one camera whose area is too small for its third frame. */
const board = `/dts-v1/;

/ {
	#address-cells = <2>;
	#size-cells = <2>;
	model = "Story board";
	compatible = "carveout,story";

	chosen {
		bootargs = "console=ttyS0";
	};

	memory@40000000 {
		device_type = "memory";
		reg = <0x0 0x40000000 0x0 0x20000000>;
	};

	reserved-memory {
		#address-cells = <2>;
		#size-cells = <2>;
		ranges;

		cam: camera {
			compatible = "shared-dma-pool";
			reusable;
			size = <0x0 0x1400000>;
		};
	};

	camera@30000000 {
		compatible = "carveout,camera";
		reg = <0x0 0x30000000 0x0 0x1000>;
		memory-region = <&cam>;
	};
};
`
const workload = `format: 1
name: One camera
duration: 2s
streams:
  - preset: camera
    name: sensor
    device: /camera@30000000
    resolution: 5mp
    pixels: uyvy
    frames: 4
    sessions: { open: { min: 200ms, max: 400ms }, pause: { min: 50ms, max: 100ms } }
`
const project = { 'board.dts': board, 'workload.yaml': workload }

async function withLab(options: LabOptions, body: (lab: Lab, page: Page) => Promise<void>): Promise<void> {
  const lab = await openLab(options)
  try {
    await lab.page.locator('.monaco-editor').first().waitFor()
    await body(lab, lab.page)
    expect(lab.errors).toEqual([])
  } finally {
    await lab.close()
  }
}

const verdict = (page: Page) => page.locator('footer .verdict')
const go = (page: Page, room: string) => page.getByRole('navigation').getByText(room, { exact: true }).click()
const region = (page: Page, name: string) => page.locator(`[data-region="${name}"]`)
/** Puts text at the end of the board, as typing does. */
async function typeAtEnd(page: Page, text: string) {
  await page.locator('.monaco-editor').first().click()
  await page.keyboard.press('Control+End')
  await page.keyboard.type(text)
}
/** Replaces the first match in the editor by way of its own find widget. */
async function replaceInEditor(page: Page, from: string, to: string) {
  await page.locator('.monaco-editor').first().click()
  await page.keyboard.press('Control+Home')
  await page.keyboard.press('Control+f')
  await page.keyboard.type(from)
  await page.keyboard.press('Enter')
  await page.keyboard.press('Escape')
  await page.keyboard.type(to)
}

describe.skipIf(!chromiumPath)('the story of the lab', () => {
  it('opens on an example that fails, suggests a change, and the change mends it', () =>
    withLab({}, async (_, page) => {
      await verdict(page).filter({ hasText: 'failure' }).waitFor({ timeout: 60_000 })
      await region(page, 'camera').waitFor()
      await page.getByTestId('apply-suggestion').click({ timeout: 60_000 })
      await verdict(page).filter({ hasText: 'every request served' }).waitFor({ timeout: 60_000 })
    }))

  it('shows what a number does: layout, failures, why; sizes the area and exports it', () =>
    withLab({ project }, async (lab, page) => {
      await verdict(page).filter({ hasText: 'failure' }).waitFor({ timeout: 60_000 })
      expect(await region(page, 'camera').count()).toBe(1)
      await page.getByText('20 MiB').first().waitFor()

      await page.getByRole('tab', { name: /^Log/ }).click()
      await page
        .getByRole('button', { name: /cma_alloc.*camera|camera.*alloc/ })
        .first()
        .click()
      await page.getByRole('tab', { name: 'Why' }).click()
      await page.getByText('no hole').first().waitFor()

      await replaceInEditor(page, '0x1400000', '0x3000000')
      await page.getByText('48 MiB').first().waitFor()
      await verdict(page).filter({ hasText: 'every request served' }).waitFor({ timeout: 60_000 })

      await go(page, 'Size')
      await page.getByLabel('runs per size').fill('6')
      await page.getByRole('button', { name: 'Size', exact: true }).last().click()
      await page.getByText('Recommendation').waitFor({ timeout: 120_000 })
      await page.locator('pre').filter({ hasText: '/plugin/' }).waitFor()
      await page.getByTestId('export-all').click()
      await page.getByTestId('choose-folder').click()
      await page.getByText(/^Written:/).waitFor({ timeout: 60_000 })
      expect(readdirSync(lab.folder!)).toEqual(expect.arrayContaining(['board-memory.dtso', 'report.html']))

      await go(page, 'History')
      expect(await page.locator('tbody tr').count()).toBeGreaterThanOrEqual(3)
      expect(readdirSync(join(lab.folder!, '.carveout/history')).length).toBeGreaterThanOrEqual(9)
    }))

  it('takes a run home as files, from its room and from the palette', () =>
    withLab({ project }, async (lab, page) => {
      await verdict(page).filter({ hasText: 'failure' }).waitFor({ timeout: 60_000 })
      await page.getByTestId('export-run').click()
      await screenshot(page, 'export-menu')
      await page.getByRole('menuitem', { name: /^CSV/ }).click()
      await page.getByTestId('choose-folder').click()
      await page.getByText(/^Written:.*incidents\.csv/).waitFor()
      expect(readFileSync(join(lab.folder!, 'incidents.csv'), 'utf8')).toContain('sensor')

      // the browser's print dialog is not there to be driven: what it would be given is looked at
      await page.evaluate(() => {
        const append = document.body.append.bind(document.body)
        document.body.append = (frame) => {
          append(frame)
          if (!(frame instanceof HTMLIFrameElement) || !frame.contentWindow) return
          frame.addEventListener(
            'load',
            () => (document.title = frame.contentDocument?.body.innerText.slice(0, 40) ?? ''),
          )
          Object.defineProperty(frame.contentWindow, 'print', { value: () => {} })
        }
      })
      await page.getByTestId('export-run').click()
      await page.getByRole('menuitem', { name: /^PDF/ }).click()
      await expect.poll(() => page.title(), { timeout: 30_000 }).toMatch(/^Run of/)

      await page.keyboard.press('Control+k')
      await page.keyboard.type('export run: perfetto')
      await page.keyboard.press('Enter')
      await page.getByTestId('choose-folder').click()
      await page.getByText(/^Written:.*trace\.json/).waitFor()
      expect(JSON.parse(readFileSync(join(lab.folder!, 'trace.json'), 'utf8'))).toHaveProperty('traceEvents')
    }))

  it('boots a 32-bit board with every kernel and says where they part', () => {
    const arm = board.replace(
      'chosen {',
      'lab {\n\t\tcompatible = "carveout,lab";\n\t\tarch = "arm";\n\t};\n\n\tchosen {',
    )
    return withLab({ project: { ...project, 'board.dts': arm } }, async (lab, page) => {
      await page.getByText('· arm ·').waitFor({ timeout: 60_000 })
      await go(page, 'Compare')
      await page.getByRole('button', { name: 'Every kernel' }).click()
      expect(await page.getByRole('button', { name: /^Remove Linux/ }).count()).toBe(5)
      await page.getByRole('button', { name: 'Compare', exact: true }).last().click()
      await page.getByText('First difference').waitFor({ timeout: 90_000 })
      await screenshot(page, 'compare-kernels')
      await page.getByTestId('export-compare').click()
      await page.getByRole('menuitem', { name: /^Markdown/ }).click()
      await page.getByTestId('choose-folder').click()
      await page.getByText(/^Written:.*comparison\.md/).waitFor()
      expect(readFileSync(join(lab.folder!, 'comparison.md'), 'utf8')).toContain('| Linux 3.4 |')
    })
  })

  it('completes a workload as it is written, and says what a word means', () =>
    withLab({ project }, async (_, page) => {
      await go(page, 'Workload')
      await page.locator('.view-line').getByText('sensor').first().waitFor()
      await typeAtEnd(page, '  - ')
      await page.getByRole('option', { name: /^preset: npu/ }).waitFor()
      await screenshot(page, 'workload-completion')
      await page.keyboard.type('npu')
      await page.keyboard.press('Enter')
      await page.keyboard.press('Enter')
      await page.keyboard.type('device: ')
      await page.getByRole('option', { name: /camera@30000000/ }).waitFor()
      await page.keyboard.press('Enter')
      await page.getByRole('cell', { name: 'npu' }).waitFor()
      await page.locator('.view-line span').getByText('resolution').first().hover()
      await page.locator('.monaco-hover').filter({ hasText: '1080p' }).waitFor()
      await screenshot(page, 'workload-hover')
    }))

  it('keeps the last good layout while the board is broken, and says so', () =>
    withLab({ project }, async (_, page) => {
      await region(page, 'camera').waitFor()
      await typeAtEnd(page, '/ { broken')
      await page.getByText('the board is broken: last good layout').waitFor()
      expect(await region(page, 'camera').count()).toBe(1)
      await page.getByRole('region', { name: 'Problems' }).getByText('board.dts:').first().waitFor()
      for (let n = 0; n < '/ { broken'.length; n++) await page.keyboard.press('Backspace')
      await page.getByText('the board is broken: last good layout').waitFor({ state: 'hidden' })
    }))

  it('keeps unsaved text through a crash, and saves it when asked', () =>
    withLab({ project }, async (lab, page) => {
      await region(page, 'camera').waitFor()
      await typeAtEnd(page, '/* unsaved */')
      await page.getByRole('img', { name: 'unsaved changes' }).waitFor()
      const drafts = join(lab.folder!, '.carveout/drafts')
      const kept = () =>
        existsSync(drafts) ? readdirSync(drafts).map((name) => readFileSync(join(drafts, name), 'utf8')) : []
      await expect.poll(() => kept().join('\n'), { timeout: 15_000 }).toContain('unsaved')
      await page.close()

      const again = await lab.newPage()
      await again.getByText(/was recovered/).waitFor()
      await again.getByTestId('keep-recovered').click()
      await again.keyboard.press('Control+s')
      await again.getByRole('img', { name: 'unsaved changes' }).waitFor({ state: 'hidden' })
      // as it was typed: nothing closes a comment a second time
      expect(readFileSync(join(lab.folder!, 'board.dts'), 'utf8')).toMatch(/\/\* unsaved \*\/$/)
    }))

  it('asks before unsaved text gives way to another project', () =>
    withLab({ project }, async (_, page) => {
      await region(page, 'camera').waitFor()
      await typeAtEnd(page, '/* mine */')
      await page.getByRole('img', { name: 'unsaved changes' }).waitFor()
      await page.getByRole('button', { name: 'Project' }).click()
      await page.getByRole('menuitem').filter({ hasText: 'i.MX8M Plus' }).click()
      await page.getByRole('dialog').getByText('Unsaved changes').waitFor()
      await page.keyboard.press('Escape')
      await page.getByText('Story board').first().waitFor()
      await page.getByRole('button', { name: 'Project' }).click()
      await page.getByRole('menuitem').filter({ hasText: 'i.MX8M Plus' }).click()
      await page.getByTestId('discard').click()
      await page.getByText('Camera gateway').first().waitFor()
    }))

  it('can be driven from the keyboard', () =>
    withLab({ project }, async (_, page) => {
      await verdict(page).waitFor({ timeout: 60_000 })
      await page.keyboard.press('Control+k')
      await page.getByRole('combobox', { name: 'Command' }).fill('board')
      await page.keyboard.press('Enter')
      await page.getByRole('region', { name: 'Regions' }).waitFor()
      await page.keyboard.press('Control+3')
      await page.getByRole('application').focus()
      await page.keyboard.press('ArrowRight')
      await page.locator('.region.selected').waitFor()
      await page.keyboard.press('?')
      await page.getByRole('dialog', { name: 'Shortcuts' }).waitFor()
      await page.keyboard.press('Escape')
      await page.getByRole('dialog').waitFor({ state: 'hidden' })
      const seed = page.getByLabel('seed')
      await seed.fill('7')
      await seed.press('Enter')
      await page.keyboard.press('F5')
      await page.getByTitle(/seed 7/).waitFor({ timeout: 60_000 })
    }))

  it('changes between dark and light and remembers it', () =>
    withLab({ project }, async (lab, page) => {
      const ground = (p: Page) => p.evaluate(() => document.documentElement.dataset['theme'])
      expect(await ground(page)).toBe('dark')
      await page.getByRole('button', { name: 'Light theme' }).click()
      await expect.poll(() => ground(page), { timeout: 15_000 }).toBe('light')
      const again = await lab.newPage()
      await again.locator('.monaco-editor').first().waitFor()
      await expect.poll(() => ground(again), { timeout: 15_000 }).toBe('light')
    }))
})
