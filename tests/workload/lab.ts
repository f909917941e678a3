import type { Board, Machine } from '@shared/board.ts'
import { boardFromTree } from '../../src-main/board/index.ts'
import { compile, type DtTree } from '../../src-main/devicetree/index.ts'
import { parseWorkload, type ParsedWorkload } from '../../src-main/workload/parse.ts'
import { runFully, type FullRun, type RunInput } from '../../src-main/workload/run.ts'

/** A small board from a few lines: 128 MiB unless the lines say otherwise, reserved regions, and a device `cam` and `net`. */
export interface SmallBoard {
  bootargs?: string
  reserved?: string
  memory?: string
  /** Properties of the devices `cam` and `net`. */
  cam?: string
  net?: string
}

export function boardText({
  bootargs = '',
  reserved = '',
  memory = '<0 0x40000000 0 0x8000000>',
  cam = '',
  net = '',
}: SmallBoard): string {
  return `/dts-v1/;
/ {
	#address-cells = <2>;
	#size-cells = <2>;
	model = "small";
	compatible = "test,small";
	chosen { bootargs = "${bootargs}"; };
	cpus { #address-cells = <1>; #size-cells = <0>; cpu@0 { device_type = "cpu"; compatible = "arm,cortex-a53"; reg = <0>; }; };
	memory@40000000 { device_type = "memory"; reg = ${memory}; };
	reserved-memory {
		#address-cells = <2>;
		#size-cells = <2>;
		ranges;
		${reserved}
	};
	cam { compatible = "test,cam"; ${cam} };
	net { compatible = "test,net"; ${net} };
};
`
}

export function readText(text: string): { board: Board; tree: DtTree } {
  const files = { readText: (path: string) => (path === 'board.dts' ? text : null), readBytes: () => null }
  const { tree, diagnostics } = compile({ entry: 'board.dts', files })
  const errors = diagnostics.filter(({ severity }) => severity === 'error')
  if (!tree || errors.length) throw new Error(errors.map(({ message }) => message).join('\n'))
  return { board: boardFromTree(tree).board, tree }
}

export const smallBoard = (board: SmallBoard): Board => readText(boardText(board)).board

/** `format` and `name` are put in front. */
export function workload(yaml: string): ParsedWorkload {
  const { parsed, diagnostics } = parseWorkload('w.yaml', `format: 1\nname: test\n${yaml}`)
  if (!parsed) throw new Error(diagnostics.map(({ message }) => message).join('\n'))
  return parsed
}

export const inputOf = (
  board: SmallBoard,
  yaml: string,
  more: Partial<RunInput> & { machine?: Machine } = {},
): RunInput => ({
  board: smallBoard(board),
  machine: {},
  workloads: [workload(yaml)],
  seed: 1,
  ...more,
})

export const runOn = (board: SmallBoard, yaml: string, more: Partial<RunInput> = {}): Promise<FullRun> =>
  runFully(inputOf(board, yaml, more))
