import { statusAt } from './license-status.rules.ts';

export const verdictCodes = ['VALID', 'NOT_FOUND', 'SUSPENDED', 'EXPIRED', 'CANCELLED', 'PENDING', 'DOMAIN_MISMATCH', 'DOMAIN_LIMIT_REACHED', 'PRODUCT_MISMATCH', 'VERSION_NOT_ENTITLED', 'SITE_NOT_ACTIVATED', 'DEVICE_LIMIT_REACHED', 'DEVICE_NOT_ACTIVATED'] as const;
export type VerdictCode = (typeof verdictCodes)[number];
export type Verdict = { valid: boolean; code: VerdictCode };

export type JudgedLicense = { status: string; expires_at: number | null; grace_ms: number; subscription_status: string | null; domain_lock: string | null; max_version: string | null; product_code: string };
/** What a licence is asked to cover. `isStaging` sites are free of the domain lock; a device is no site, so the lock is against it. */
export type Scope = { site?: string | undefined; isStaging?: boolean; device?: string | undefined; product?: string | undefined; version?: string | undefined };

/** Whether a licence covers a scope at a moment. Limits are not judged here: a guarded write does that (activate-site.ts, activate-device.ts); nor who speaks for a site (activation-secret.ts). */
export function judgeLicense(license: JudgedLicense | undefined, scope: Scope, now: number): Verdict {
  if (!license) return refuse('NOT_FOUND');
  const status = statusAt(license, now);
  if (status === 'cancelled') return refuse('CANCELLED');
  if (status === 'suspended') return refuse('SUSPENDED');
  if (status === 'pending') return refuse('PENDING');
  if (status === 'expired') return refuse('EXPIRED');
  if (scope.product !== undefined && scope.product.toLowerCase() !== license.product_code) return refuse('PRODUCT_MISMATCH');
  if (scope.version !== undefined && license.max_version !== null && isNewer(scope.version, license.max_version)) return refuse('VERSION_NOT_ENTITLED');
  if (scope.site !== undefined && license.domain_lock !== null && license.domain_lock !== scope.site && scope.isStaging !== true) return refuse('DOMAIN_MISMATCH');
  if (scope.device !== undefined && license.domain_lock !== null) return refuse('DOMAIN_MISMATCH');
  return { valid: true, code: 'VALID' };
}

/** Whether `version` lies beyond `max`, compared number by number as far as `max` goes: 2.9.1 is within 2, 3.0 is not. */
export function isNewer(version: string, max: string): boolean {
  const numbers = (text: string) => text.replace(/^v/i, '').split(/[.+-]/).map((part) => Number.parseInt(part, 10) || 0);
  const wanted = numbers(version);
  for (const [index, limit] of numbers(max).entries()) {
    const part = wanted[index] ?? 0;
    if (part !== limit) return part > limit;
  }
  return false;
}

function refuse(code: Exclude<VerdictCode, 'VALID'>): Verdict {
  return { valid: false, code };
}
