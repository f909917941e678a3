import { describe, expect, it } from 'vitest'
import { applyEdits, offsetAt, textIn } from '../../src-renderer/stores/text-edits.ts'
import { remedyEdit } from '../../src-renderer/why/remedy-edit.ts'
import { boardText, fixtureExplanation, fixtureLayout } from './fixture-host.ts'

const span = (line: number, column: number, endLine: number, endColumn: number) => ({
  file: 'f',
  line,
  column,
  endLine,
  endColumn,
})

describe('places in a text', () => {
  it('count lines and columns from one and stay inside', () => {
    expect(offsetAt('ab\ncd\n', 2, 1)).toBe(3)
    expect(offsetAt('ab\ncd\n', 1, 99)).toBe(2)
    expect(offsetAt('ab', 9, 1)).toBe(2)
    expect(textIn('ab\ncd', span(1, 2, 2, 2))).toBe('b\nc')
  })

  it('are replaced together, whatever their order', () => {
    const edits = [
      { ...span(1, 1, 1, 2), newText: 'LONG' },
      { ...span(2, 1, 2, 3), newText: '' },
    ]
    expect(applyEdits('ab\ncd\n', edits)).toBe('LONGb\n\n')
    expect(applyEdits('ab\ncd\n', [...edits].reverse())).toBe('LONGb\n\n')
  })
})

describe('the change that an explanation suggests', () => {
  const remedy = fixtureExplanation.remedy!
  it('is made where the size stands', () => {
    const edit = remedyEdit(fixtureLayout(), remedy)!
    expect(applyEdits(boardText, [edit])).toContain('size = <0x0 0x4000000>;')
  })
  it('is not made where it has no place', () => {
    expect(remedyEdit(fixtureLayout(), { ...remedy, boardPath: '/reserved-memory/other' })).toBeNull()
    expect(remedyEdit(fixtureLayout(), { ...remedy, property: 'bootargs cma=' })).toBeNull()
    expect(remedyEdit(fixtureLayout(), { ...remedy, value: null })).toBeNull()
  })
})
