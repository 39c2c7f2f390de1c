import assert from 'node:assert/strict';
import { it } from 'node:test';
import { everything, type Scope } from '../../server/access/scope.ts';
import { findOrderDetail, findOrderIds, listOrders } from '../../server/admin/orders-list.store.ts';
import { findSubscriptionDetail, findSubscriptionIds, listSubscriptions } from '../../server/admin/subscriptions-list.store.ts';
import { billingVariables, licensesOf, sendWoo, wooOrder, work } from '../deliveries.ts';
import { onBothDatabases, useTestApp } from '../harness.ts';

onBothDatabases('orders and subscriptions of an organisation', (engine) => {
  const open = useTestApp(engine, billingVariables);

  it('are seen by it and those above it, and by no neighbour: by no list, no search and no id', async () => {
    const app = await open();
    const { db } = app.deps;
    const paths: Record<string, string> = { above: '/above/', below: '/above/below/', beside: '/beside/' };
    for (const [id, path] of Object.entries(paths)) await db.insertInto('organizations').values({ id, parent_id: id === 'below' ? 'above' : null, kind: 'reseller', name: id, path, license_quota: null, licenses_used: 0, disabled_at: null, created_at: 1, updated_at: 1 }).execute();
    for (const organization of [...Object.keys(paths), null]) {
      const bought = wooOrder({ billing: { first_name: 'A', last_name: 'B', company: '', country: 'DE', email: `${organization ?? 'own'}@example.test` } });
      await sendWoo(app, bought);
      await work(app);
      const [license] = (await licensesOf(app)).filter((row) => row.order === String(bought.id));
      const { customer_id: customerId } = await db.selectFrom('licenses').select('customer_id').where('id', '=', license?.id ?? '').executeTakeFirstOrThrow();
      await db.updateTable('customers').set({ organization_id: organization }).where('id', '=', customerId).execute();
      const id = `sub-${organization ?? 'own'}`;
      await db.insertInto('subscriptions').values({ id, provider: 'paddle', account: 'main', external_id: id, status: 'active', order_external_id: null, snapshot_at: 1, is_linked: 1, customer_external_id: null, items: null, period_ends_at: null, cancel_at: null, payment_failed_at: null, last_paid_at: null, created_at: app.clock.now, updated_at: 1 }).execute();
      await db.updateTable('licenses').set({ organization_id: organization, subscription_id: id }).where('id', '=', license?.id ?? '').execute();
    }
    const at = app.clock.now;
    const all = await listOrders(db, everything, {}, {});
    const subscriptions = (await listSubscriptions(db, everything, {}, {}, at)).rows;
    assert.deepEqual([all.rows.length, subscriptions.length], [4, 4]);
    const searched = await findOrderIds(db, '100');
    const searchedSubscriptions = await findSubscriptionIds(db, 'sub-', 'a');
    for (const [id, expected] of [['above', ['above', 'below']], ['below', ['below']], ['beside', ['beside']]] as const) {
      const scope: Scope = { kind: 'organization', id, path: paths[id] ?? '' };
      const emails = (rows: { customer: { email: string } | undefined }[]) => rows.map(({ customer }) => customer?.email.split('@')[0]).sort((a = '', b = '') => (a < b ? -1 : 1));
      for (const ids of [undefined, searched.ids]) assert.deepEqual(emails((await listOrders(db, scope, {}, {}, ids)).rows), expected);
      for (const ids of [undefined, searchedSubscriptions.ids]) assert.deepEqual(emails((await listSubscriptions(db, scope, {}, {}, at, ids)).rows), expected);
      const reached = await Promise.all(all.rows.map(async (order) => ((await findOrderDetail(db, scope, order.id, at)) ? [order] : [])));
      assert.deepEqual(emails(reached.flat()), expected);
      const reachedSubscriptions = await Promise.all(subscriptions.map(async (row) => ((await findSubscriptionDetail(db, scope, row.id, at)) ? [row] : [])));
      assert.deepEqual(emails(reachedSubscriptions.flat()), expected);
    }
  });
});
