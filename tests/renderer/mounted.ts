import { TooltipProvider } from 'reka-ui'
import { createApp, h, nextTick, type Component } from 'vue'
import { labKey, type Lab } from '../../src-renderer/stores/lab.ts'

/** Puts a component of the page into the document, with the lab behind it; returns the function that takes it out again. */
export async function mounted(component: Component, lab: Lab, props: object = {}): Promise<() => void> {
  const app = createApp({ render: () => h(TooltipProvider, () => h(component, props)) })
  app.provide(labKey, lab)
  app.mount(document.body.appendChild(document.createElement('div')))
  await nextTick()
  return () => {
    app.unmount()
    document.body.replaceChildren()
  }
}
