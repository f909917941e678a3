import { mkdirSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { screen, type BrowserWindow, type Rectangle } from 'electron'
import { sync as writeFileAtomic } from 'write-file-atomic'
import { z } from 'zod'

const stateSchema = z.object({
  x: z.number().int(),
  y: z.number().int(),
  width: z.number().int().min(400).max(20_000),
  height: z.number().int().min(300).max(20_000),
  maximized: z.boolean(),
})
export type WindowState = z.infer<typeof stateSchema>

/** Where the window was, if that is still on a screen; otherwise null and the system decides. */
export function readWindowState(file: string): WindowState | null {
  try {
    const state = stateSchema.parse(JSON.parse(readFileSync(file, 'utf8')))
    return screen.getAllDisplays().some((display) => overlaps(display.workArea, state)) ? state : null
  } catch {
    return null
  }
}

const overlaps = (a: Rectangle, b: Rectangle): boolean =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height

/** Keeps the window's place when it closes: the one that it has when it is not maximized. */
export function keepWindowState(window: BrowserWindow, file: string): void {
  window.on('close', () => {
    mkdirSync(dirname(file), { recursive: true })
    writeFileAtomic(file, JSON.stringify({ ...window.getNormalBounds(), maximized: window.isMaximized() }))
  })
}
