import type { Notice } from '../mail/notices.rules.ts';

type Change = { kind: string; cause: string; licenseIds: string[]; details: { orderId?: string; cancelAt?: number | null; periodEndsAt?: number | null; overLimit?: { licenseId: string; sites: number; limit: number }[] } };

/** The e-mail that a change of a subscription causes; undefined for what needs none. */
export function noticeOf({ kind, cause, licenseIds, details }: Change): Notice | undefined {
  if (licenseIds.length === 0) return undefined;
  const notice = { cause: `change:${cause}`, licenseIds };
  switch (kind) {
    case 'Renewed':
      return { ...notice, template: 'renewal-receipt', orderId: details.orderId, facts: {} };
    case 'PaymentFailed':
      return { ...notice, template: 'payment-failed', facts: {} };
    case 'Suspended':
      return { ...notice, template: 'suspended', facts: { isUnpaid: true } };
    case 'Paused':
      return { ...notice, template: 'suspended', facts: {} };
    case 'LicenseExpired':
      return { ...notice, template: 'expired', facts: {} };
    case 'CancelScheduled':
      return { ...notice, template: 'cancelled', facts: typeof details.cancelAt === 'number' ? { until: details.cancelAt } : {} };
    case 'Cancelled':
      return { ...notice, template: 'cancelled', facts: {} };
    case 'PlanChanged': {
      const [over] = details.overLimit ?? [];
      return { ...notice, template: 'plan-changed', facts: over ? { overLimit: { sites: over.sites, limit: over.limit } } : {} };
    }
    default:
      return undefined;
  }
}
