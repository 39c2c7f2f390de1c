import { AppError } from '../../errors.ts';
import type { LicenseOfCaller } from '../../http/license-auth.ts';
import type { AiTerms } from '../../usage/ai-terms.ts';

/** Throws PLAN_WITHOUT_AI for a licence whose requests nobody can answer: its plan has no AI answers, and it has no provider key of its own. */
export function requireAi(license: LicenseOfCaller, { hasOwnKeys }: Pick<AiTerms, 'hasOwnKeys'>): void {
  if (license.ai_proxy === 0 && !hasOwnKeys) throw planWithoutAi(license, false);
}

/** `hasOwnKeys`: there are some, for other models. */
export function planWithoutAi({ plan_name: plan }: LicenseOfCaller, hasOwnKeys: boolean): AppError {
  const advice = hasOwnKeys ? 'and none of your own provider keys serves this model. GET /v1/models lists those that can be asked for.' : 'Upgrade to Pro or Agency, or use an AI provider key of your own (PUT /api/v1/provider-keys/openai).';
  return new AppError('PLAN_WITHOUT_AI', `The ${plan} plan does not include AI answers through this server${hasOwnKeys ? ',' : '.'} ${advice}`);
}
