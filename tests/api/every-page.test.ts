import assert from 'node:assert/strict';
import { it } from 'node:test';
import { signedInVisitor } from '../admin-client.ts';
import { billingVariables, licensesOf, map, sendWoo, wooOrder, work } from '../deliveries.ts';
import { onBothDatabases, useTestApp } from '../harness.ts';

onBothDatabases('the dashboard', (engine) => {
  const open = useTestApp(engine, billingVariables);

  it('shows every page in both languages, with what is there and without', async () => {
    const app = await open();
    const { visitor } = await signedInVisitor(app);
    const lists = ['/', '/customers', '/licenses', '/licenses?q=nobody%40example.com', '/new-license', '/deliveries', '/deliveries?status=dead', '/emails', '/emails/templates', '/webhooks', '/webhooks/new', '/providers', '/providers/new', '/aliases', '/aliases/chatello-fast', '/prices', '/prices/new', '/plans', '/plans/pro', '/audit', '/password'];
    const show = async (paths: string[]) => {
      for (const path of paths) {
        for (const language of ['en', 'it']) {
          const { status, text } = await visitor.get(path, { 'accept-language': language });
          assert.equal(status, 200, path);
          assert.ok(text.includes(`<html lang="${language}"`) && text.trimEnd().endsWith('</html>'), path);
          assert.doesNotMatch(text, /\[object |>undefined<|NaN/, path);
        }
      }
    };
    await show(lists);
    await map(app, 'woocommerce', 'CHATELLO-PRO', 'pro');
    const ids = { sold: wooOrder(), unknown: wooOrder({ line_items: [{ id: 1, name: 'Mug', product_id: 999, variation_id: 0, quantity: 1, total: '5.00', sku: 'MUG' }] }) };
    for (const order of [ids.sold, ids.unknown]) await sendWoo(app, order);
    await work(app);
    const [license] = await licensesOf(app);
    const { customer_id: customer } = await app.deps.db.selectFrom('licenses').select('customer_id').where('id', '=', license?.id ?? '').executeTakeFirstOrThrow();
    const email = await app.deps.db.selectFrom('emails').select('id').executeTakeFirstOrThrow();
    const deliveries = await app.deps.db.selectFrom('inbox').select('id').execute();
    const own = `/licenses/${license?.id}`;
    await show([...lists, `/customers/${customer}`, own, `${own}/suspend`, `${own}/cancel`, `${own}/statement`, `${own}/statement?month=2025-01`, `/emails/${email.id}`, '/emails/templates/purchase/it', ...deliveries.map(({ id }) => `/deliveries/${id}`)]);
  });
});
