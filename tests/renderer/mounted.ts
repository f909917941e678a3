import { createApp, nextTick, type Component } from 'vue'
import { labKey, type Lab } from '../../src-renderer/stores/lab.ts'

/** A component of the page as it stands in the document, with the lab behind it. */
export async function mounted(component: Component, lab: Lab, props: object = {}): Promise<{ unmount(): void }> {
  const app = createApp(component, { ...props })
  app.provide(labKey, lab)
  app.mount(document.body.appendChild(document.createElement('div')))
  await nextTick()
  return {
    unmount() {
      app.unmount()
      document.body.replaceChildren()
    },
  }
}
