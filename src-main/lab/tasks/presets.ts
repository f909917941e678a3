import type { WorkloadPreset } from '@shared/api.ts'
import { parseWorkload } from '../../workload/parse.ts'

/** The workloads that ship with the lab, as text for a project's own file. */
const files: Record<string, string> = import.meta.glob('../../../resources/workloads/*.yaml', {
  query: '?raw',
  import: 'default',
  eager: true,
})

export const workloadPresets = (): WorkloadPreset[] =>
  Object.entries(files).map(([path, text]) => {
    const { parsed } = parseWorkload(path, text)
    const id = path.slice(path.lastIndexOf('/') + 1).replace(/\.yaml$/, '')
    return { id, title: parsed?.workload.name ?? id, summary: parsed?.workload.description ?? '', text }
  })
