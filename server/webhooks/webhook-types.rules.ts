import { z } from 'zod';

type LicenseFacts = { license_id: string; customer_id: string; status: string; expires_at: string | null };

/** Of a site or of a device; the other is null. */
type ActivationFacts = { activation_id: string; license_id: string; site: string | null; device: { fingerprint: string; name: string | null; platform: string | null } | null; kind: string };
/** Money in minor units of the currency. */
type OrderFacts = { order_id: string; customer_id: string | null; provider: string; number: string; total_minor: number; currency: string; is_renewal: boolean };

/** What each type of event says: ids and facts, never a licence key, a prompt, or a name or an address of a person. Times are ISO 8601. */
export type WebhookData = {
  'license.issued': LicenseFacts & { plan: string; key_ending: string };
  'license.suspended': LicenseFacts & { reason: string | null };
  'license.revoked': LicenseFacts & { reason: string | null };
  'license.renewed': LicenseFacts;
  'license.expired': LicenseFacts;
  'activation.created': ActivationFacts;
  'activation.deleted': ActivationFacts;
  'order.paid': OrderFacts;
  'order.refunded': OrderFacts & { adjustment_id: string; refund_minor: number; is_dispute: boolean };
  'usage.threshold': { license_id: string; customer_id: string; period: string; unit: 'requests' | 'tokens' | 'cost'; threshold: number; used: number | string; limit: number | string; resets_at: string };
};
export type WebhookType = keyof WebhookData;

/** Every type of event that an endpoint can ask for. */
export const webhookTypes = ['license.issued', 'license.renewed', 'license.suspended', 'license.expired', 'license.revoked', 'activation.created', 'activation.deleted', 'order.paid', 'order.refunded', 'usage.threshold'] as const satisfies readonly WebhookType[];

/** The event that tries an endpoint out. It is sent when asked for, whatever else the endpoint wants. */
export const testType = 'webhook.test';

/** In the list of an endpoint: every type, those of later versions too. */
export const allTypes = '*';

const storedEvents = z.array(z.string());

/** The types that an endpoint wants, as they are stored. */
export function parseEvents(events: string): string[] {
  return storedEvents.parse(JSON.parse(events));
}

/** Whether an endpoint wants to be told of this type. */
export function wants(events: string, type: WebhookType): boolean {
  return parseEvents(events).some((wanted) => wanted === allTypes || wanted === type);
}
