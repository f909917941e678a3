import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, it } from 'vitest'
import { checkTable } from '../../src-main/board/index.ts'

const folder = resolve(import.meta.dirname, '../../resources/help/checks')

it.each(checkTable.map(({ code, title }) => ({ code, title })))('$code has a page', ({ code, title }) => {
  expect(existsSync(`${folder}/${code}.md`)).toBe(true)
  expect(readFileSync(`${folder}/${code}.md`, 'utf8')).toContain(`# ${title}`)
})

it('every page says what happens, why, and how to mend it', () => {
  for (const page of readdirSync(folder))
    expect(readFileSync(`${folder}/${page}`, 'utf8')).toMatch(/What happens[^]*Why[^]*Mend it/)
})
