export const licenseActions = ['suspend', 'reactivate', 'cancel'] as const;
export type LicenseAction = (typeof licenseActions)[number];

/** What can be done to a licence. One whose payment went back (revoked) is not brought back by hand: the money decides. */
export function availableActions(license: { status: string; cancelled_at: number | null; suspended_at: number | null; revoked_at: number | null }): LicenseAction[] {
  if (license.revoked_at !== null) return [];
  if (license.cancelled_at !== null) return ['reactivate'];
  if (license.suspended_at !== null) return ['reactivate', 'cancel'];
  return license.status === 'pending' ? ['reactivate', 'cancel'] : ['suspend', 'cancel'];
}
