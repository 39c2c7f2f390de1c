/** Failures by the fault of the provider or of the way to it, our account with it included. Everything else is the caller's, and another provider would say the same. */
const ofTheProvider = new Set(['PROVIDER_UNAVAILABLE', 'PROVIDER_TIMEOUT', 'PROVIDER_FAILED']);

/** Whether an error with this code (of errors.ts) is the provider's fault, so that another provider may do better. */
export function isProvidersFault(code: string | undefined): boolean {
  return code !== undefined && ofTheProvider.has(code);
}
