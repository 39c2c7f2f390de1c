import type { Deps } from '../deps.ts';
import { DeadLetter } from '../jobs/job-kinds.ts';
import { reason } from '../reasons.rules.ts';
import type { BillingAdapter } from './adapter.ts';
import { paddleAdapter } from './paddle/paddle-adapter.ts';
import { stripeAdapter } from './stripe/stripe-adapter.ts';
import { woocommerceAdapter } from './woocommerce/woocommerce-adapter.ts';

/** Every payment provider. A further one is a folder beside these and a line here. */
export function billingProviders(deps: Pick<Deps, 'config' | 'now'>): BillingAdapter[] {
  return [paddleAdapter(deps), woocommerceAdapter(deps), stripeAdapter(deps)];
}

/** Throws DeadLetter for a provider that this version does not know. */
export function getBillingProvider(deps: Pick<Deps, 'config' | 'now'>, name: string): BillingAdapter {
  const adapter = billingProviders(deps).find((candidate) => candidate.name === name);
  if (!adapter) throw new DeadLetter(reason('provider_unknown', { provider: name }));
  return adapter;
}
