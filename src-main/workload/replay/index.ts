export { replayBindings } from './bindings.ts'
export { replay, type ReplayDocument, type ReplayInput } from './replay.ts'
export { parseScript, type Command } from './script.ts'
