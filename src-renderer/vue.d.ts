/** For the plain compiler, which does not read .vue files; vue-tsc and the editor find the components themselves. */
declare module '*.vue' {
  import type { DefineComponent } from 'vue'
  const component: DefineComponent
  export default component
}
