import { cellOf, type MapGrid } from './area-pages.ts'
import { FREE } from './occupancy-index.ts'

export interface CellStyle {
  map: Uint16Array
  grid: MapGrid
  only: number | null
  colorOf: (owner: number) => string
  hatched: (owner: number) => boolean
  free: string
  freeEdge: string
}

/** Paints the area map: a square a cell, its colour the owner's, its opacity how much of it is held, a stroke through what is pinned. */
export function drawCells(canvas: HTMLCanvasElement, style: CellStyle): void {
  const { map, grid } = style
  const cells = Math.ceil(map.length / grid.pagesPerCell)
  const context = prepare(canvas, grid)
  if (!context) return
  const side = grid.pitch > 4 ? grid.pitch - 1 : grid.pitch
  for (let index = 0; index < cells; index++) {
    const x = (index % grid.columns) * grid.pitch
    const y = Math.floor(index / grid.columns) * grid.pitch
    const { owner, held } = cellOf(map, index, grid.pagesPerCell)
    context.globalAlpha = 1
    context.fillStyle = style.free
    context.fillRect(x, y, side, side)
    if (owner === FREE) continue
    context.globalAlpha = (style.only === null || style.only === owner ? 1 : 0.15) * (0.35 + 0.65 * held)
    context.fillStyle = style.colorOf(owner)
    context.fillRect(x, y, side, side)
    if (!style.hatched(owner) || grid.pitch < 4) continue
    context.strokeStyle = style.free
    context.beginPath()
    context.moveTo(x, y + side)
    context.lineTo(x + side, y)
    context.stroke()
  }
}

function prepare(canvas: HTMLCanvasElement, grid: MapGrid): CanvasRenderingContext2D | null {
  const ratio = window.devicePixelRatio || 1
  const width = grid.columns * grid.pitch
  const height = grid.rows * grid.pitch
  const [pixelWidth, pixelHeight] = [Math.ceil(width * ratio), Math.ceil(height * ratio)]
  // a canvas that is given its size anew is allocated anew
  if (canvas.width !== pixelWidth) canvas.width = pixelWidth
  if (canvas.height !== pixelHeight) canvas.height = pixelHeight
  canvas.style.width = `${width}px`
  canvas.style.height = `${height}px`
  const context = canvas.getContext('2d')
  context?.setTransform(ratio, 0, 0, ratio, 0, 0)
  context?.clearRect(0, 0, width, height)
  return context
}
