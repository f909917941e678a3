/** Twice the size of the drawing: sharp on a slide and on paper. */
const scale = 2

/** A drawing as a picture. @throws where the browser cannot draw it */
export async function pngOf(svg: string): Promise<Uint8Array<ArrayBuffer>> {
  const [, width = '720', height = '220'] = /viewBox="0 0 ([\d.]+) ([\d.]+)"/.exec(svg) ?? []
  const image = new Image()
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`
  await image.decode()
  const canvas = document.createElement('canvas')
  canvas.width = Number(width) * scale
  canvas.height = Number(height) * scale
  canvas.getContext('2d')!.drawImage(image, 0, 0, canvas.width, canvas.height)
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'))
  if (!blob) throw new Error('the browser made no picture of the chart')
  return new Uint8Array(await blob.arrayBuffer())
}
