import { reactive, shallowRef } from 'vue'
import type { FolderListing, Host, RequestParams } from '@shared/api.ts'
import type { Notices } from './notices.ts'
import type { PreferencesStore } from './preferences.ts'

export type Purpose = RequestParams<'dialog.pick'>['purpose']

/** Asks the user for a folder or file: with the system's dialog where there is one, otherwise with the lab's own. */
export function createPicker(host: Host, preferences: PreferencesStore, notices: Notices) {
  const state = reactive({ purpose: null as Purpose | null, suggestion: '' })
  const listing = shallowRef<FolderListing | null>(null)
  let settle: (path: string | null) => void = () => {}

  const list = async (folder: string | null) => {
    listing.value = notices.valueOf(await host.request('files.list', { folder })) ?? listing.value
  }
  return {
    state,
    listing,
    list,
    async ask(purpose: Purpose, suggestion = ''): Promise<string | null> {
      if (preferences.info.nativeDialogs) {
        return notices.valueOf(await host.request('dialog.pick', { purpose, suggestion }))?.path ?? null
      }
      Object.assign(state, { purpose, suggestion })
      void list(null)
      return new Promise((resolve) => (settle = resolve))
    },
    /** The choice of the lab's own dialog; null: none. */
    async choose(path: string | null) {
      const { purpose } = state
      state.purpose = null
      const picked =
        path === null || purpose === null ? null : notices.valueOf(await host.request('files.pick', { purpose, path }))
      settle(picked?.path ?? null)
    },
  }
}
