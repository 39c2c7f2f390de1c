import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { limitByAddress } from '../http/rate-limit.ts';
import { route, type Route } from '../http/route.ts';
import type { BillingAdapter } from './adapter.ts';
import { billingProviders } from './providers.ts';
import { receiveDelivery } from './receive-delivery.ts';

const bodyLimitBytes = 2 * 1024 * 1024;
const deliveriesPerMinute = 1_200;
const titles: Record<BillingAdapter['name'], string> = { paddle: 'Paddle', woocommerce: 'WooCommerce', stripe: 'Stripe' };

const received = z.object({
  received: z.literal(true),
  duplicate: z.boolean().meta({ description: 'This delivery was here already and has no second effect.' }),
});

/** `POST /webhooks/…`: the signature is checked over the bytes as they came, the delivery is stored, and the worker does the rest. */
export function webhookRoutes(deps: Deps): Route[] {
  return billingProviders(deps).map((adapter) => webhookRoute(deps, adapter));
}

function webhookRoute({ db, now }: Deps, adapter: BillingAdapter): Route {
  const { name } = adapter;
  return route(
    {
      method: 'post', path: `/webhooks/${name}`, operationId: `receive${titles[name]}`, tag: 'Webhooks', auth: 'webhook',
      summary: `Deliveries of ${titles[name]}`,
      description: 'Signed by the provider. Answers as soon as the delivery is stored; a delivery may be repeated and come in any order.',
      body: 'raw', bodyLimitBytes, before: [limitByAddress(deliveriesPerMinute)],
      responses: { 200: { description: 'Stored.', schema: received } },
    },
    async ({ body, req }) => {
      if (adapter.isPing?.(body)) return { body: { received: true, duplicate: false } };
      const at = now();
      adapter.verify(body, req.headers, at);
      const isNew = await receiveDelivery(db, name, adapter.identify(body, req.headers), body, at);
      return { body: { received: true, duplicate: !isNew } };
    },
  );
}
