import type { SizingResult } from '@shared/sizing.ts'
import { MiB } from '@shared/units.ts'
import { parameterValue } from '../sizing/settings.ts'
import { changed, evidenceLines, knobLine } from './evidence.ts'

/**
 * A Kconfig fragment for `scripts/kconfig/merge_config.sh`. Only the shared CMA area has a size in Kconfig; what has none stands as a
 * comment that names its parameter.
 */
export function kconfigOf(result: SizingResult): string {
  const lines = changed(result).flatMap((each) => {
    const { knob, recommended } = each
    if (knob.kind === 'cma' && knob.source === 'default') {
      return [
        'CONFIG_DMA_CMA=y',
        'CONFIG_CMA_SIZE_SEL_MBYTES=y',
        `CONFIG_CMA_SIZE_MBYTES=${Math.ceil(recommended / MiB)}`,
      ]
    }
    if (knob.parameter)
      return [`# no option sets ${knob.id}; boot with ${knob.parameter}=${parameterValue(knob, recommended, '')}`]
    return [`# no option sets ${knob.id}; its size stands in ${knob.nodePath}`]
  })
  const needed = usesCma(result) && !lines.includes('CONFIG_DMA_CMA=y') ? ['CONFIG_DMA_CMA=y'] : []
  const comments = [...evidenceLines(result), ...changed(result).map(knobLine)]
  return [...comments.map((line) => `# ${line}`), ...needed, ...lines].map((line) => `${line}\n`).join('')
}

const usesCma = (result: SizingResult): boolean =>
  result.knobs.some(({ knob, state }) => knob.kind === 'cma' && state !== 'unused')
