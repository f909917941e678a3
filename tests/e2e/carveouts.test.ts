import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chromiumPath, openLab, screenshot, type Lab } from './lab.ts'

const vexpress = readFileSync(resolve(import.meta.dirname, '../../resources/examples/ks2012/vexpress-a9.dtsi'), 'utf8')
const board = `/dts-v1/;

#include "vexpress-a9.dtsi"

/ {
	chosen {
		bootargs = "cma=16M";
	};

	soc {
		compatible = "simple-bus";
		#address-cells = <1>;
		#size-cells = <1>;
		ranges;

		cam: camera@10000000 {
			compatible = "example,camera";
			reg = <0x10000000 0x1000>;
		};

		gpu: gpu@10010000 {
			compatible = "example,gpu";
			reg = <0x10010000 0x1000>;
		};
	};

	lab {
		kernel = "3.5";

		graphics {
			compatible = "carveout,carveout";
			owner = "out-of-tree graphics";
			devices = <&gpu>;
			size = <0x2000000>;
			allocator = "best-fit";
		};
	};
};
`
const workload = `format: 1
name: frames
duration: 2s
streams:
  - { name: frames, device: cam, buffers: [{ bytes: 1M, count: 18 }] }
  - { name: objects, device: gpu, buffers: [{ bytes: 2M, count: 8 }] }
`

describe.skipIf(!chromiumPath)('carve-outs and CMA in the lab', () => {
  let lab: Lab
  const place = (name: string) => lab.page.getByRole('navigation', { name: 'Places' }).getByText(name).click()
  beforeAll(async () => {
    lab = await openLab({
      project: { 'board.dts': board, 'vexpress-a9.dtsi': vexpress, 'frames.yaml': workload },
      colorScheme: 'light',
    })
    await lab.page.locator('.monaco-editor').first().waitFor()
    await place('Board')
  })
  afterAll(() => lab.close())

  it('shows what a carve-out takes, and what it gives back as a CMA area', async () => {
    await lab.page.getByRole('row', { name: /graphics no-map carve-out/ }).waitFor()
    await lab.page.getByRole('button', { name: 'graphics into CMA' }).click()
    await lab.page.getByRole('row', { name: /graphics CMA area/ }).waitFor()
    await screenshot(lab.page, 'carveouts-forced')
    await lab.page.getByRole('button', { name: 'graphics as it was' }).click()
    await lab.page.getByRole('row', { name: /graphics no-map carve-out/ }).waitFor()
  })

  it('charts fall-backs by device, and free memory against the watermark', async () => {
    await place('Run')
    await lab.page.getByRole('tab', { name: /Devices/ }).click()
    await lab.page.getByRole('rowheader', { name: '10000000.camera' }).waitFor({ timeout: 30_000 })
    await screenshot(lab.page, 'run-devices')
    await lab.page.getByRole('tab', { name: 'Memory' }).click()
    await lab.page.getByRole('img', { name: /Free memory of zone Normal/ }).waitFor()
    await screenshot(lab.page, 'run-memory')
  })

  it('compares CMA off, on and with the old code behind it, and says what the switch would have warned of', async () => {
    await place('Compare')
    await lab.page.getByRole('button', { name: 'CMA off, on, fall-back' }).click()
    await lab.page.getByRole('button', { name: 'Through the carve-out API' }).click()
    await lab.page.getByRole('button', { name: 'Compare', exact: true }).last().click()
    await lab.page
      .getByText(/CMA cannot serve 1048576 bytes/)
      .first()
      .waitFor({ timeout: 60_000 })
    await lab.page.getByRole('img', { name: /failures and fall-backs so far, of CMA off, CMA on/ }).waitFor()
    await screenshot(lab.page, 'compare-modes')
    await lab.page.getByText('Call by call').scrollIntoViewIfNeeded()
    await screenshot(lab.page, 'compare-calls')
    await lab.page.getByRole('combobox', { name: 'What is drawn' }).selectOption('free')
    expect(lab.errors).toEqual([])
  })
})
