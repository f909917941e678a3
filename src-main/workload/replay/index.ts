export { replayBindings } from './bindings.ts'
export { replay, type ReplayDocument } from './replay.ts'
export { parseScript } from './script.ts'
