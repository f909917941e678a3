import { reactive } from 'vue'

export const rooms = ['board', 'workload', 'run', 'why', 'size', 'compare', 'history', 'tour'] as const
export type Room = (typeof rooms)[number]

/** Which place of the window is shown, and what lies over it. */
export function createUi() {
  return reactive({
    room: 'run' as Room,
    editorVisible: true,
    problemsVisible: true,
    /** The map shows where regions lay before the edit. */
    beforeVisible: true,
    dialog: '' as '' | 'palette' | 'shortcuts' | 'unsaved' | 'newWorkload' | 'machine',
    /** Where the editor's cursor is. */
    cursor: { path: '', line: 1, column: 1 },
    /** Diagnostic whose page of the help is open; '': none. */
    helpCode: '',
    /** Where the editor shall show itself: a place in a file, and a count so that the same place can be asked for again. */
    reveal: { file: '', line: 0, column: 0, endLine: 0, endColumn: 0, count: 0 },
  })
}
