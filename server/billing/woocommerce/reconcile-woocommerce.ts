import { z } from 'zod';
import type { DeliveryIdentity, ListedChange } from '../adapter.ts';
import { sha256, tryJson, understand } from '../read-body.ts';
import type { WooCommerceApi } from './woocommerce-api.ts';

const pageSize = 100;
const head = z.object({ id: z.union([z.int(), z.string()]).optional(), date_modified_gmt: z.string().nullish() });
const webhooks = z.array(z.object({ id: z.int(), name: z.string(), status: z.string(), topic: z.string(), delivery_url: z.string() }));

/** A delivery is the same as another when topic, order and body are: the shop's own delivery id is shared by different orders. */
export function identifyWooCommerce(raw: Buffer, topic: string): DeliveryIdentity {
  const { id = '', date_modified_gmt: modified } = head.safeParse(tryJson(raw)).data ?? {};
  const time = modified === undefined || modified === null ? Number.NaN : Date.parse(`${modified}Z`);
  return { eventId: sha256(JSON.stringify([topic, String(id), sha256(raw)])), topic, occurredAt: Number.isNaN(time) ? null : time };
}

/**
 * Orders, then subscriptions where the shop has their plugin, as they stand, that were changed since. They go on changing while they are
 * listed, and what changes moves to the end: so each page begins where the one before it ended, in time. Pages are counted only where
 * more than one is of the same second.
 */
export async function* listWooCommerceChanges(api: WooCommerceApi, since: number): AsyncGenerator<ListedChange[]> {
  for (const endpoint of ['orders', 'subscriptions']) {
    const listed = new Set<string>();
    let after = gmtSecond(since);
    for (let page = 1; ; ) {
      const answer = await api.list(endpoint, { modified_after: after, dates_are_gmt: true, orderby: 'modified', order: 'asc', per_page: pageSize, page });
      if (answer === undefined) break;
      const found = understand(z.array(z.unknown()), answer, `list of ${endpoint}`).map((object) => {
        const body = Buffer.from(JSON.stringify(object));
        return { body, identity: identifyWooCommerce(body, `${endpoint.slice(0, -1)}.polled`) };
      });
      const unlisted = found.filter(({ identity }) => !listed.has(identity.eventId));
      for (const { identity } of unlisted) listed.add(identity.eventId);
      yield unlisted;
      if (found.length < pageSize) break;
      const last = found.at(-1)?.identity.occurredAt ?? null;
      const next = last === null ? after : gmtSecond(last - 1_000);
      if (next > after) [after, page] = [next, 1];
      else page += 1;
    }
  }
}

/** As the shop takes it; texts of later seconds come later. */
function gmtSecond(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19);
}

/** A shop disables a webhook after a handful of failures and says so to nobody; its events are lost meanwhile. Switches ours on again. */
export async function enableWebhooks(api: WooCommerceApi, ourUrl: string): Promise<string[]> {
  const list = understand(webhooks, await api.get('webhooks', { status: 'disabled', per_page: pageSize }), 'list of webhooks');
  const ours = list.filter(({ delivery_url: url }) => url.replace(/\/+$/, '') === ourUrl);
  const problems: string[] = [];
  for (const { id, name, topic } of ours) {
    await api.put(`webhooks/${id}`, { status: 'active' });
    problems.push(`The shop had disabled its webhook "${name}" (${topic}) after several failed deliveries. It is active again, and what was missed is fetched now. One more failure disables it again, until WooCommerce has counted a success: check that this server can be reached from the shop.`);
  }
  return problems;
}
