import { AppError } from '../errors.ts';
import type { LicenseOfCaller } from '../http/license-auth.ts';

/** Throws PLAN_WITHOUT_AI for a licence whose plan has no AI answers. */
export function requireAi({ ai_proxy, plan_name }: LicenseOfCaller): void {
  if (ai_proxy === 0) throw new AppError('PLAN_WITHOUT_AI', `The ${plan_name} plan does not include AI answers through this server. Upgrade to Pro or Agency, or use an AI provider key of your own.`);
}
