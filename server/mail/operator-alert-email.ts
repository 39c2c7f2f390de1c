import { z } from 'zod';
import type { Config } from '../config.ts';
import type { Email } from './emails.store.ts';
import { operatorAlertKinds } from './queue-email.ts';
import { mailLanguage, renderEmail, type RenderedEmail } from './render-email.ts';

const alertData = z.object({ provider: z.string(), problem: z.string(), kind: z.enum(operatorAlertKinds).default('delivery') });
const names: Record<string, string> = { paddle: 'Paddle', woocommerce: 'WooCommerce', stripe: 'Stripe' };

/** The e-mail that tells the operator what needs a person. */
export function renderOperatorAlert({ config }: { config: Pick<Config, 'publicUrl'> }, email: Email): RenderedEmail {
  const { provider, problem, kind } = alertData.parse(JSON.parse(email.data));
  return renderEmail('operator-alert', mailLanguage(email.locale), { provider: names[provider] ?? provider, problem, isDelivery: kind === 'delivery', isWebhook: kind === 'webhook', isDispute: kind === 'dispute', isSilent: kind === 'silent', host: new URL(config.publicUrl).host });
}
