import type { Lab } from '../stores/lab.ts'
import { rooms, type Room } from '../stores/ui.ts'
import { resultExports, resultTitles, type ResultKind, type TakenHome } from './exports.ts'

/** Everything that can be done, by name: the palette, the shortcuts, the shell's menus and the buttons use this one table. */
export interface Command {
  id: string
  title: string
  group: 'Project' | 'Run' | 'Go to' | 'View' | 'Export'
  /** tinykeys' spelling. */
  keys?: string
  enabled?: () => boolean
  run: () => unknown
}

const roomTitles: Record<Room, string> = {
  board: 'Board',
  workload: 'Workload',
  run: 'Run',
  why: 'Why',
  size: 'Size',
  compare: 'Compare',
  history: 'History',
  tour: 'Tour',
}
export const roomTitle = (room: Room): string => roomTitles[room]

export interface Actions {
  save(): unknown
  saveAs(): unknown
  open(): unknown
  focusEditor(): unknown
  focusFilter(): unknown
  quickFix(): unknown
  exportResult(of: ResultKind, kinds: TakenHome[]): unknown
  exportLayout(): unknown
  /** Opens the step so many further on, 1 or −1. */
  tourStep(by: number): unknown
}

export function createCommands(lab: Lab, actions: Actions): Command[] {
  const { run, sizing, compare, ui, preferences, selection } = lab
  const isShown = { run: () => run.shown.value, size: () => sizing.shown.value, compare: () => compare.shown.value }
  const themeCommand = (theme: 'system' | 'dark' | 'light', title: string): Command => ({
    id: `theme.${theme}`,
    title,
    group: 'View',
    run: () => preferences.set({ theme }),
  })
  const setTextSize = (by: number) =>
    preferences.set({ fontSizePixels: Math.min(28, Math.max(9, preferences.values.fontSizePixels + by)) })
  const stepTime = (by: number) => {
    const duration = run.result.value?.duration ?? 0
    selection.time = Math.min(duration, Math.max(0, selection.time + by * duration))
  }
  return [
    { id: 'run.start', title: 'Run', group: 'Run', keys: 'F5', run: run.start },
    {
      id: 'run.cancel',
      title: 'Cancel what is running',
      group: 'Run',
      keys: 'Escape',
      enabled: () => run.busy.value || sizing.state.job !== '' || compare.state.job !== '',
      run: () => (run.busy.value ? run.cancel() : sizing.state.job !== '' ? sizing.cancel() : compare.cancel()),
    },
    {
      id: 'run.auto',
      title: 'Run by itself after every change (on or off)',
      group: 'Run',
      run: () => (run.state.autoRun = !run.state.autoRun),
    },
    {
      id: 'size.start',
      title: 'Size every area for this workload',
      group: 'Run',
      keys: '$mod+Shift+Enter',
      run: () => ((ui.room = 'size'), sizing.start()),
    },
    {
      id: 'compare.start',
      title: 'Compare the variants',
      group: 'Run',
      enabled: () => compare.variants.value.length > 1 && run.blocked.value === '',
      run: () => ((ui.room = 'compare'), compare.start()),
    },
    { id: 'project.open', title: 'Open project or board…', group: 'Project', keys: '$mod+o', run: actions.open },
    { id: 'project.save', title: 'Save', group: 'Project', keys: '$mod+s', run: actions.save },
    { id: 'project.saveAs', title: 'Save project as…', group: 'Project', keys: '$mod+Shift+s', run: actions.saveAs },
    {
      id: 'project.revert',
      title: 'Revert the file that is shown to what is saved',
      group: 'Project',
      enabled: () => lab.project.dirtyFiles.value.some(({ path }) => path === lab.project.view.activePath),
      run: () => lab.project.revert(lab.project.view.activePath),
    },
    {
      id: 'workload.new',
      title: 'Add a workload from a preset…',
      group: 'Project',
      run: () => (ui.dialog = 'newWorkload'),
    },
    {
      id: 'project.machine',
      title: 'Machine: kernel, memory, command line…',
      group: 'Project',
      run: () => (ui.dialog = 'machine'),
    },
    ...rooms.map((room, index): Command => ({
      id: `go.${room}`,
      title: roomTitles[room],
      group: 'Go to',
      keys: `$mod+${index + 1}`,
      run: () => goToRoom(lab, room),
    })),
    { id: 'tour.next', title: 'Tour: next step', group: 'Go to', run: () => actions.tourStep(1) },
    { id: 'tour.previous', title: 'Tour: previous step', group: 'Go to', run: () => actions.tourStep(-1) },
    { id: 'help.firstSteps', title: 'Help: first steps', group: 'View', run: () => (ui.helpCode = 'first-steps') },
    {
      id: 'help.ks2012',
      title: 'Help: the talk of 2012, claim by claim',
      group: 'View',
      run: () => (ui.helpCode = 'ks2012'),
    },
    {
      id: 'help.carveoutApi',
      title: 'Help: the core carve-out API',
      group: 'View',
      run: () => (ui.helpCode = 'carveout-api'),
    },
    { id: 'go.editor', title: 'Editor', group: 'Go to', keys: '$mod+e', run: actions.focusEditor },
    {
      id: 'view.editor',
      title: 'Show or hide the editor',
      group: 'View',
      keys: '$mod+b',
      run: () => (ui.editorVisible = !ui.editorVisible),
    },
    {
      id: 'view.problems',
      title: 'Show or hide the problems',
      group: 'View',
      run: () => (ui.problemsVisible = !ui.problemsVisible),
    },
    {
      id: 'view.before',
      title: 'Show or hide where regions lay before the edit',
      group: 'View',
      run: () => (ui.beforeVisible = !ui.beforeVisible),
    },
    { id: 'view.larger', title: 'Larger text in the editor', group: 'View', run: () => setTextSize(1) },
    { id: 'view.smaller', title: 'Smaller text in the editor', group: 'View', run: () => setTextSize(-1) },
    { id: 'view.palette', title: 'Command palette', group: 'View', keys: '$mod+k', run: () => (ui.dialog = 'palette') },
    { id: 'view.shortcuts', title: 'All shortcuts', group: 'View', keys: '?', run: () => (ui.dialog = 'shortcuts') },
    { id: 'view.filter', title: 'Filter the list that is shown', group: 'View', keys: '/', run: actions.focusFilter },
    { id: 'view.earlier', title: 'Earlier moment', group: 'View', keys: '[', run: () => stepTime(-0.01) },
    { id: 'view.later', title: 'Later moment', group: 'View', keys: ']', run: () => stepTime(0.01) },
    { id: 'edit.quickFix', title: 'Quick fix at the cursor', group: 'View', keys: '$mod+.', run: actions.quickFix },
    themeCommand('dark', 'Dark theme'),
    themeCommand('light', 'Light theme'),
    themeCommand('system', 'Theme of the system'),
    {
      id: 'export.layout',
      title: 'Export memory layout as SVG',
      group: 'Export',
      enabled: () => lab.analysis.layout.value !== null,
      run: () => actions.exportLayout(),
    },
    ...(['run', 'size', 'compare'] as const).flatMap((of) =>
      resultExports[of].map(({ kind, title }): Command => ({
        id: `export.${of}.${kind}`,
        title: `Export ${resultTitles[of]}: ${title}`,
        group: 'Export',
        enabled: () => isShown[of]() !== null,
        run: () => actions.exportResult(of, [kind]),
      })),
    ),
  ]
}

/** A room, and the file that belongs to it. */
export function goToRoom({ ui, project }: Lab, room: Room): void {
  ui.room = room
  if (room === 'board') project.view.activePath = project.entry.value
  if (room === 'workload') project.view.activePath = project.chosenWorkloads.value[0] ?? project.view.activePath
}

/** `$mod+Shift+s` as people read it. */
export function keysText(keys: string): string {
  const mac = /Mac|iPhone|iPad/.test(navigator.platform)
  const names: Record<string, string> = mac
    ? { $mod: '⌘', Shift: '⇧', Enter: '↩', Escape: 'Esc' }
    : { $mod: 'Ctrl', Escape: 'Esc' }
  const parts = keys.split('+').map((part) => names[part] ?? (part.length === 1 ? part.toUpperCase() : part))
  return mac ? parts.join('') : parts.join('+')
}
