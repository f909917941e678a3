import { computed, ref, watchEffect, type ComputedRef } from 'vue'
import type { Preferences } from '@shared/project.ts'
import { themeCss, type ThemeName } from './tokens.ts'

const systemDark = typeof matchMedia === 'function' ? matchMedia('(prefers-color-scheme: dark)') : null
const prefersDark = ref(systemDark?.matches ?? true)
systemDark?.addEventListener('change', (event) => (prefersDark.value = event.matches))

/** The theme that is shown, following the system's while the user has not chosen. */
export const useThemeName = (choice: () => Preferences['theme']): ComputedRef<ThemeName> =>
  computed(() => {
    const wanted = choice()
    return wanted === 'system' ? (prefersDark.value ? 'dark' : 'light') : wanted
  })

/** Keeps the custom properties of the document in step with the theme. */
export function applyTheme(name: ComputedRef<ThemeName>): void {
  const sheet = document.head.appendChild(document.createElement('style'))
  watchEffect(() => {
    sheet.textContent = `:root { ${themeCss(name.value)} }`
    document.documentElement.dataset.theme = name.value
  })
}
