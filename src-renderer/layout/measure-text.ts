const longestName = 32

/** A name as a label has room for it: what it begins and ends with. */
export const shortName = (name: string): string =>
  name.length <= longestName ? name : `${name.slice(0, longestName - 13)}…${name.slice(-12)}`

let context: CanvasRenderingContext2D | null | undefined

/** Width of a label of the map in pixels; where nothing can be drawn (tests), a fair guess. */
export function measureText(text: string): number {
  if (context === undefined) {
    context = document.createElement('canvas').getContext('2d')
    if (context) context.font = "11.5px 'Inter Variable', sans-serif"
  }
  return context ? context.measureText(text).width : text.length * 6.4
}
