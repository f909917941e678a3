/** A recording, replayed on the simulated kernel in this process. */
import { boardFromTree } from '../../src-main/board/index.ts'
import { compile } from '../../src-main/devicetree/index.ts'
import { parseScript, replay, replayBindings, type ReplayDocument } from '../../src-main/workload/replay/index.ts'
import { conditioned, machineOf, type Recording } from './recordings.ts'

/** @throws when the board or the script of the recording is refused */
export function replayed(recording: Recording): ReplayDocument {
  const machine = machineOf(recording)
  const files = { readText: () => recording.board, readBytes: () => new TextEncoder().encode(recording.board) }
  const { tree } = compile({ entry: 'board.dts', files })
  const { board } = boardFromTree(tree!, replayBindings(machine.arch))
  const script = parseScript(conditioned(recording), 'script')
  if (script.diagnostics.length) throw new Error(script.diagnostics[0]!.message)
  const { document, diagnostics } = replay({ board, machine, commands: script.commands })
  if (!document) throw new Error(diagnostics[0]?.message)
  return document
}
