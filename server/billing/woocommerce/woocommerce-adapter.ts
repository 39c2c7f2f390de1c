import { z } from 'zod';
import type { Deps } from '../../deps.ts';
import { AppError } from '../../errors.ts';
import type { BillingAdapter, ObjectKind, WriteBack } from '../adapter.ts';
import type { BillingEvent } from '../billing-events.ts';
import { understand } from '../read-body.ts';
import { cleanText } from '../text.rules.ts';
import { amount, parseWooCommerce, refundEvent } from './parse-woocommerce.ts';
import { ObjectGone, woocommerceApi, type WooCommerceApi } from './woocommerce-api.ts';
import { enableWebhooks, identifyWooCommerce, listWooCommerceChanges } from './reconcile-woocommerce.ts';
import { refunds } from './woocommerce-schemas.ts';
import { isWooCommerceSignature } from './woocommerce-signature.ts';

/** Where the shop's order shows the keys, one on each line. */
export const keysMetaName = '_chatello_license_keys';

/** WooCommerce and its subscriptions plugin. */
export function woocommerceAdapter({ config }: Pick<Deps, 'config'>): BillingAdapter {
  const { WOOCOMMERCE_WEBHOOK_SECRETS: secrets, WOOCOMMERCE_URL: url, WOOCOMMERCE_CONSUMER_KEY: consumerKey, WOOCOMMERCE_CONSUMER_SECRET: consumerSecret } = config;
  const api = url !== undefined && consumerKey !== undefined && consumerSecret !== undefined ? woocommerceApi({ url, consumerKey, consumerSecret }) : undefined;
  return {
    name: 'woocommerce',
    isPing: (raw) => raw.length < 40 && /^webhook_id=\d+$/.test(raw.toString('latin1')),
    verify(raw, headers) {
      if (secrets.length === 0) throw new AppError('SIGNATURE_INVALID', 'WOOCOMMERCE_WEBHOOK_SECRETS is not set, so that no WooCommerce delivery can be trusted. Set it to the secret of the webhook.');
      const signature = headers['x-wc-webhook-signature'];
      if (typeof signature !== 'string' || !isWooCommerceSignature(raw, signature, secrets)) {
        throw new AppError('SIGNATURE_INVALID', 'The header X-WC-Webhook-Signature does not fit the body. Set WOOCOMMERCE_WEBHOOK_SECRETS to the secret of this webhook (WooCommerce > Settings > Advanced > Webhooks; letters and digits only), and let no proxy change the body.', { field: 'headers.x-wc-webhook-signature' });
      }
    },
    identify(raw, headers) {
      const topic = cleanText(String(headers['x-wc-webhook-topic'] ?? ''), 120);
      return identifyWooCommerce(raw, topic);
    },
    parse: (body) => parseWooCommerce(body),
    ...(api === undefined
      ? {}
      : {
          fetchObject: (kind: ObjectKind, id: string) => unlessGone(fetchWooCommerce(api, kind, id), []),
          listChanges: (since: number) => listWooCommerceChanges(api, since),
          repairDelivery: () => enableWebhooks(api, `${config.publicUrl}/webhooks/woocommerce`),
          writeBack: ({ orderId, keys }: WriteBack) => unlessGone(api.put(`orders/${encodeURIComponent(orderId)}`, { meta_data: [{ key: keysMetaName, value: keys.join('\n') }] }), undefined),
        }),
  };
}

/** Of an order that the shop has deleted, what its deliveries said stands. */
async function unlessGone<Result>(asked: Promise<Result>, otherwise: Result): Promise<Result> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof ObjectGone) return otherwise;
    throw error;
  }
}

async function fetchWooCommerce(api: WooCommerceApi, kind: ObjectKind, id: string): Promise<BillingEvent[]> {
  const path = encodeURIComponent(id);
  if (kind === 'order') return parseWooCommerce(await api.get(`orders/${path}`), true);
  if (kind === 'subscription') return parseWooCommerce(await api.get(`subscriptions/${path}`), true);
  if (kind !== 'refunds') return [];
  const list = understand(refunds, await api.get(`orders/${path}/refunds`, { per_page: 100 }), 'answer of the shop about refunds');
  const order = understand(z.object({ currency: z.string() }), await api.get(`orders/${path}`), 'order');
  return list.map((refund) => refundEvent(refund.id, id, Math.abs(amount(refund.amount, order.currency)), order.currency, refund.line_items.map((line) => refundedItem(line, order.currency)), refund.date_created_gmt ?? 0));
}

type RefundLine = z.output<typeof refunds>[number]['line_items'][number];

/** By quantity: that many units of the order's line. An amount without a quantity takes none. */
function refundedItem({ quantity, total, total_tax: tax, meta_data: meta }: RefundLine, currency: string): { lineId: string; units: number; amountMinor: number } {
  const lineId = meta.find(({ key }) => key === '_refunded_item_id')?.value;
  return { lineId: typeof lineId === 'string' || typeof lineId === 'number' ? String(lineId) : '', units: Math.abs(Math.trunc(quantity)), amountMinor: Math.abs(amount(total, currency) + amount(tax, currency)) };
}
