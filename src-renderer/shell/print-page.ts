/** Hands a page of its own to the browser's print dialog, which saves PDF as well; the frame goes when the dialog has closed. */
export function printPage(html: string): void {
  const frame = document.createElement('iframe')
  frame.className = 'visually-hidden'
  frame.title = 'Report to be printed'
  frame.setAttribute('sandbox', 'allow-same-origin allow-modals')
  frame.srcdoc = html
  frame.addEventListener('load', () => {
    const page = frame.contentWindow
    if (!page) return frame.remove()
    page.addEventListener('afterprint', () => frame.remove())
    page.print()
  })
  document.body.append(frame)
}
