import type { Permission } from '../access/access.rules.ts';
import { customerErased, customerSuspended } from '../customers/customer-status.rules.ts';

export const licenseActions = ['suspend', 'reactivate', 'confirm', 'cancel', 'revoke'] as const;
export type LicenseAction = (typeof licenseActions)[number];

/** What one has to be allowed for an action. */
export function permissionFor(action: LicenseAction): Permission {
  return action === 'confirm' ? 'licenses.confirm' : 'licenses.write';
}

type Facts = { status: string; confirmed_at: number | null; cancelled_at: number | null; cancelled_reason: string | null; suspended_at: number | null; suspended_reason: string | null; revoked_at: number | null };

/** What can be done to a licence. One whose payment went back (revoked) is not brought back by hand: the money decides; nor is one whose customer is suspended or erased. */
export function availableActions(license: Facts): LicenseAction[] {
  if (license.revoked_at !== null || license.cancelled_reason === customerErased) return [];
  if (license.cancelled_at !== null) return ['reactivate', 'revoke'];
  if (license.suspended_reason === customerSuspended) return ['cancel', 'revoke'];
  if (license.suspended_at !== null) return ['reactivate', 'cancel', 'revoke'];
  if (license.confirmed_at === null) return ['confirm', 'cancel', 'revoke'];
  return license.status === 'pending' ? ['reactivate', 'cancel'] : ['suspend', 'cancel', 'revoke'];
}
