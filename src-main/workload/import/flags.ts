/** Flags as the kernel's trace prints them → words of the command language. */
import { NAMES } from '../../kernel/gfp.ts'
import { attrWords, gfpWords } from '../replay/words.ts'

const BITS = new Map<string, number>([
  ...NAMES.map(([bits, name]): [string, number] => [name, bits]),
  // combinations with flags that no request of the model has
  ['GFP_KERNEL_ACCOUNT', namedBits('GFP_KERNEL')],
  ['GFP_TRANSHUGE', namedBits('GFP_HIGHUSER_MOVABLE')],
  ['GFP_TRANSHUGE_LIGHT', namedBits('GFP_HIGHUSER_MOVABLE')],
  ['__GFP_RECLAIM', namedBits('__GFP_DIRECT_RECLAIM') | namedBits('__GFP_KSWAPD_RECLAIM')],
])

function namedBits(name: string): number {
  return NAMES.find(([, each]) => each === name)![0]
}

/** `GFP_KERNEL|__GFP_ZERO` → `kernel,zero`; flags that the language does not know are left out and told to `unknown`. */
export function gfpOf(text: string, unknown: (flag: string) => void): string {
  let bits = 0
  for (const name of text.split('|')) {
    const known = BITS.get(name)
    if (known === undefined) unknown(name)
    else bits |= known
  }
  return gfpWords(bits)
}

/** `WRITE_COMBINE|NO_WARN` → `write-combine,no-warn`; empty for none. */
export function attrsOf(text: string, unknown: (flag: string) => void): string {
  const known = attrWords()
  const words = []
  for (const name of text.split('|')) {
    const word = name.toLowerCase().replaceAll('_', '-')
    if (known.has(word)) words.push(word)
    else if (word !== '' && word !== '0x0') unknown(name)
  }
  return words.join(',')
}
