/** Names of the two IPC channels; what crosses them is the contract of src-shared/api.ts. */
export const requestChannel = 'carveout:request'
export const eventChannel = 'carveout:event'
