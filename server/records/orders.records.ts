import { z } from 'zod';
import { ordersWithin } from '../access/scope.ts';
import { createdFilters } from '../http/list-query.rules.ts';
import { between, having } from './conditions.store.ts';
import { count, countOrNull, currencyShape, idFilter, idShape, iso, isoOrNull, nullableId, providerShape, text, textOrNull, time, timeOrNull, wordFilter } from './record.rules.ts';
import type { Records } from './records.ts';

const line = z.object({ id: idShape, external_product: text, name: text, quantity: count, amount_minor: count, plan: textOrNull, months: countOrNull, state: text, license_ids: z.array(text) });
const adjustment = z.object({ id: idShape, external_id: text, action: text.meta({ example: 'refund' }), status: text, is_full: z.boolean(), amount_minor: count, currency: currencyShape, occurred_at: time });
const filters = { customer_id: idFilter('customer'), status: wordFilter('As the shop has last said.', 'completed'), ...createdFilters };
const item = z
  .object({
    id: idShape, provider: providerShape, account: text, external_id: text, number: text, customer_id: nullableId, status: text.meta({ example: 'completed' }), currency: currencyShape, total_minor: count, refunded_minor: count,
    subscription_external_id: textOrNull, is_renewal: z.boolean(), paid_at: timeOrNull, lines: z.array(line), adjustments: z.array(adjustment).meta({ description: 'Refunds and disputes.' }), created_at: time, updated_at: time,
  })
  .meta({ id: 'OrderRecord' });

/** Orders with their lines, the licences of these, and what was refunded. */
export const orderRecords: Records<'orders', typeof filters, typeof item> = {
  table: 'orders', name: 'orders', what: 'order', operations: { list: 'listOrders', read: 'readOrder' }, tag: 'Orders', scope: 'orders.read',
  item, filters, sorts: { created_at: 'orders.created_at' },
  cells: {
    lines: (lines: { quantity: number; name: string }[]) => lines.map(({ quantity, name }) => `${quantity} × ${name}`).join('; '),
    adjustments: (adjustments: { action: string; amount_minor: number }[]) => adjustments.map(({ action, amount_minor }) => `${action} ${amount_minor}`).join('; '),
  },
  select: (db, { customer_id, status, created_from, created_to }, { scope }) =>
    between(having(having(db.selectFrom('orders').where(ordersWithin(scope)), 'orders.customer_id', customer_id), 'orders.status', status), 'orders.created_at', { from: created_from, to: created_to }),
  async load(db, ids) {
    const rows = await db.selectFrom('orders').selectAll().where('id', 'in', ids).execute();
    const lines = await db.selectFrom('order_lines').leftJoin('plans', 'plans.id', 'order_lines.plan_id').selectAll('order_lines').select('plans.code as plan_code').where('order_lines.order_id', 'in', ids).orderBy('order_lines.external_id').execute();
    const lineIds = lines.map(({ id }) => id);
    const units = lineIds.length === 0 ? [] : await db.selectFrom('order_units').select(['order_line_id', 'license_id']).where('order_line_id', 'in', lineIds).orderBy('unit').execute();
    const adjustments = await db
      .selectFrom('adjustments')
      .innerJoin('orders', (join) => join.onRef('orders.provider', '=', 'adjustments.provider').onRef('orders.account', '=', 'adjustments.account').onRef('orders.external_id', '=', 'adjustments.order_external_id'))
      .selectAll('adjustments')
      .select('orders.id as order_id')
      .where('orders.id', 'in', ids)
      .orderBy('adjustments.occurred_at')
      .orderBy('adjustments.id')
      .execute();
    return rows.map((row) => ({
      id: row.id, provider: row.provider, account: row.account, external_id: row.external_id, number: row.number, customer_id: row.customer_id, status: row.status, currency: row.currency,
      total_minor: row.total_minor, refunded_minor: row.refunded_minor, subscription_external_id: row.subscription_id, is_renewal: row.is_renewal === 1, paid_at: isoOrNull(row.paid_at),
      lines: lines
        .filter(({ order_id }) => order_id === row.id)
        .map(({ id, external_product, name, quantity, amount_minor, plan_code, months, state }) => ({ id, external_product, name, quantity, amount_minor, plan: plan_code, months, state, license_ids: units.filter(({ order_line_id }) => order_line_id === id).map(({ license_id }) => license_id) })),
      adjustments: adjustments
        .filter(({ order_id }) => order_id === row.id)
        .map(({ id, external_id, action, status, is_full, amount_minor, currency, occurred_at }) => ({ id, external_id, action, status, is_full: is_full === 1, amount_minor, currency, occurred_at: iso(occurred_at) })),
      created_at: iso(row.created_at), updated_at: iso(row.updated_at),
    }));
  },
};
