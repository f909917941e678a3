/** Sizes on the command line: what memparse() and the parameters' own parsers make of them. */
import { alignUp, formatBytes, KiB } from '@shared/units.ts'
import { readSize, type BootArgument } from './bootargs.ts'
import { fix, hex, type BoardCheck, type CheckContext, type Finding } from './check.ts'

const SLOT = 2 * KiB
const sizes = new Set(['cma', 'coherent_pool', 'mem', 'vmalloc', 'crashkernel', 'memmap', 'memblock_limit'])
/** A size without a letter that is this small was meant in MiB. */
const SUSPICIOUS = 64 * KiB

const replaced = (argument: BootArgument, text: string) =>
  argument.isExact ? fix(`Write ${text}`, argument.span, text) : []

function malformed({ args }: CheckContext): Finding[] {
  return args
    .filter(({ name, value }) => value !== null && ['cma', 'coherent_pool', 'mem', 'vmalloc'].includes(name))
    .flatMap((argument): Finding[] => {
      const { bytes, suffix, rest } = readSize(argument.value!)
      const tail = argument.name === 'cma' ? rest.replace(/^@.*$/, '') : rest
      if (rest === argument.value || argument.value === '')
        return [
          problem(
            argument,
            `${argument.text}: the kernel reads no number here and takes 0; write ${argument.name}=64M`,
          ),
        ]
      if (tail !== '')
        return [
          problem(
            argument,
            `${argument.text}: the kernel stops reading at "${tail}" and takes ${formatBytes(bytes)}; write a number and one of K, M, G`,
            replaced(argument, argument.text.slice(0, argument.text.length - tail.length)),
          ),
        ]
      if (suffix === '' && bytes > 0 && bytes < SUSPICIOUS)
        return [
          problem(
            argument,
            `${argument.text} is ${bytes} bytes; write ${argument.name}=${bytes}M for MiB`,
            replaced(argument, `${argument.name}=${bytes}M`),
          ),
        ]
      return []
    })
}

const problem = (argument: BootArgument, message: string, fixes: Finding['fixes'] = []): Finding => ({
  at: argument.span,
  message,
  fixes,
})

/** `swiotlb=SLABS[,AREAS][,force|noforce]`: simple_strtoul(), no letters. */
function swiotlb({ args }: CheckContext): Finding[] {
  return args
    .filter(({ name, value }) => name === 'swiotlb' && value !== null)
    .flatMap((argument): Finding[] => {
      const first = argument.value!.split(',')[0]!
      const match = /^(\d+|0[xX][0-9a-fA-F]+)([A-Za-z]+)$/.exec(first)
      if (!match) {
        if (/^(\d+|0[xX][0-9a-fA-F]+|force|noforce|)$/.test(first)) return smallBuffer(argument, Number(first))
        return [
          problem(
            argument,
            `${argument.text}: the kernel reads neither a number of slabs nor force or noforce; write swiotlb=32768 for 64 MiB`,
          ),
        ]
      }
      const slabs = Number(match[1])
      const meant = readSize(first).bytes / SLOT
      return [
        problem(
          argument,
          `${argument.text}: swiotlb= counts slabs of 2 KiB and knows no ${match[2]}, so this is ${formatBytes(slabs * SLOT)}; write swiotlb=${meant} for ${formatBytes(meant * SLOT)}`,
          replaced(argument, `swiotlb=${meant}${argument.value!.slice(first.length)}`),
        ),
      ]
    })
}

/** A number that would be a sensible count of MiB and is a useless count of slabs. */
function smallBuffer(argument: BootArgument, slabs: number): Finding[] {
  if (!(slabs > 0 && slabs < 1024)) return []
  return [
    {
      ...problem(
        argument,
        `${argument.text}: swiotlb= counts slabs of 2 KiB, so this is ${formatBytes(Math.max(alignUp(slabs, 128), 512) * SLOT)}; write swiotlb=${slabs * 512} for ${slabs} MiB`,
        replaced(argument, `swiotlb=${slabs * 512}`),
      ),
      severity: 'warning',
    },
  ]
}

function coherentPool({ args, kernel }: CheckContext): Finding[] {
  const cap = kernel?.atomicPoolCap
  if (!cap) return []
  const text = `coherent_pool=${cap / KiB}K`
  return args
    .filter(({ name, value }) => name === 'coherent_pool' && value !== null && readSize(value).bytes > cap)
    .map((argument) =>
      problem(
        argument,
        `${argument.text}: an atomic pool starts as one block of the page allocator, which is at most ${formatBytes(cap)} here, so the rest is not had; write ${text}, and enlarge CMA if blocking requests fail`,
        replaced(argument, text),
      ),
    )
}

/** `cma=SIZE@BASE`: a place that the kernel cannot take. */
function fixedCma({ args, kernel, memory }: CheckContext): Finding[] {
  const align = kernel?.cmaAlign
  return args
    .filter(({ name, value }) => name === 'cma' && /@[^-]*$/.test(value ?? ''))
    .flatMap((argument): Finding[] => {
      const [size, base] = argument.value!.split('@').map((text) => readSize(text).bytes) as [number, number]
      if (align && base % align) {
        const text = `cma=${argument.value!.split('@')[0]}@${hex(base - (base % align))}`
        return [
          problem(
            argument,
            `${argument.text}: ${hex(base)} is no multiple of ${formatBytes(align)}, so the kernel refuses the area; write ${text}`,
            replaced(argument, text),
          ),
        ]
      }
      const isInside = memory.length === 0 || memory.some((bank) => bank.start <= base && base + size <= bank.end)
      return isInside
        ? []
        : [
            problem(
              argument,
              `${argument.text}: ${hex(base)}–${hex(base + size - 1)} is not all RAM, so the area cannot be used; choose a place inside a bank`,
            ),
          ]
    })
}

function cmaTwice({ args }: CheckContext): Finding[] {
  const repeated = args.filter(({ name, value }) => value !== null && sizes.has(name) && name !== 'memmap')
  return repeated
    .filter((argument, n) => repeated.findIndex((other) => other.name === argument.name) < n)
    .map((argument) => problem(argument, `${argument.name}= stands more than once and the last one counts; keep one`))
}

// prettier-ignore
export const cmdlineChecks: readonly BoardCheck[] = [
  { code: 'bootargs-size', severity: 'error', title: 'A size on the command line that the kernel reads differently', needs: [], run: malformed },
  { code: 'swiotlb-slabs', severity: 'error', title: 'swiotlb= counts slabs', needs: [], run: swiotlb },
  { code: 'coherent-pool-too-large', severity: 'warning', title: 'coherent_pool= larger than a block', needs: ['kernel'], run: coherentPool },
  { code: 'cma-fixed-place', severity: 'error', title: 'cma= at a place that cannot be taken', needs: [], run: fixedCma },
  { code: 'bootargs-twice', severity: 'warning', title: 'A parameter given twice', needs: [], run: cmaTwice },
]
