import { z } from 'zod';
import { licensesWithin } from '../access/scope.ts';
import { createdFilters } from '../http/list-query.rules.ts';
import { between, having } from './conditions.store.ts';
import { idShape, iso, isoOrNull, providerShape, text, textOrNull, time, timeOrNull, wordFilter } from './record.rules.ts';
import type { Records, Rows } from './records.ts';

const filters = { status: wordFilter('As the provider has last said.', 'active'), ...createdFilters };
const item = z
  .object({
    id: idShape, provider: providerShape, account: text, external_id: text, status: text.meta({ example: 'active' }), order_external_id: textOrNull, period_ends_at: timeOrNull, cancel_at: timeOrNull,
    payment_failed_at: timeOrNull, last_paid_at: timeOrNull, license_ids: z.array(text), created_at: time, updated_at: time,
  })
  .meta({ id: 'SubscriptionRecord' });

/** Subscriptions with the licences that follow them. */
export const subscriptionRecords: Records<'subscriptions', typeof filters, typeof item> = {
  table: 'subscriptions', name: 'subscriptions', what: 'subscription', operations: { list: 'listSubscriptions', read: 'readSubscription' }, tag: 'Orders', scope: 'subscriptions.read',
  item, filters, sorts: { created_at: 'subscriptions.created_at' },
  select(db, { status, created_from, created_to }, { scope }) {
    let rows: Rows<'subscriptions'> = db.selectFrom('subscriptions');
    if (scope.kind !== 'all') rows = rows.where('subscriptions.id', 'in', db.selectFrom('licenses').select('licenses.subscription_id').where('licenses.subscription_id', 'is not', null).where(licensesWithin(scope)).$castTo<{ subscription_id: string }>());
    return between(having(rows, 'subscriptions.status', status), 'subscriptions.created_at', { from: created_from, to: created_to });
  },
  async load(db, ids) {
    const rows = await db.selectFrom('subscriptions').selectAll().where('id', 'in', ids).execute();
    const licenses = await db.selectFrom('licenses').select(['id', 'subscription_id']).where('subscription_id', 'in', ids).orderBy('id').execute();
    return rows.map((row) => ({
      id: row.id, provider: row.provider, account: row.account, external_id: row.external_id, status: row.status, order_external_id: row.order_external_id, period_ends_at: isoOrNull(row.period_ends_at), cancel_at: isoOrNull(row.cancel_at),
      payment_failed_at: isoOrNull(row.payment_failed_at), last_paid_at: isoOrNull(row.last_paid_at), license_ids: licenses.filter(({ subscription_id }) => subscription_id === row.id).map(({ id }) => id), created_at: iso(row.created_at), updated_at: iso(row.updated_at),
    }));
  },
};
