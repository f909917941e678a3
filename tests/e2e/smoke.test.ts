import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chromiumPath, openLab, screenshot, type Lab } from './lab.ts'

describe.skipIf(!chromiumPath)('the lab in a browser', () => {
  let lab: Lab
  beforeAll(async () => {
    lab = await openLab()
  })
  afterAll(() => lab.close())

  it('shows itself, and the page has nothing to complain about', async () => {
    await lab.page.getByText('Carveout').first().waitFor()
    await screenshot(lab.page, 'smoke')
    expect(lab.errors).toEqual([])
  })

  it('can load nothing from elsewhere and evaluate no text', async () => {
    const outcome = await lab.page.evaluate(
      () =>
        // the browser's own evaluate is not bound by the page's policy; what a timer runs is
        new Promise<string[]>((done) =>
          setTimeout(() => {
            const refused: string[] = []
            try {
              new (Object.getPrototypeOf(refused.push).constructor as FunctionConstructor)('1')
            } catch {
              refused.push('eval')
            }
            fetch('http://127.0.0.1:9/').catch(() => {
              refused.push('fetch')
              done(refused)
            })
          }, 0),
        ),
    )
    expect(outcome).toEqual(['eval', 'fetch'])
    lab.errors.length = 0
  })
})
