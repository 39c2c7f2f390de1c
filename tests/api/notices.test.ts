import assert from 'node:assert/strict';
import { it } from 'node:test';
import { watchLapses } from '../../server/billing/watch-lapses.ts';
import { tellOfSubscription } from '../../server/billing/tell-of-subscription.ts';
import { changeLicense } from '../../server/licenses/change-license.ts';
import { remindOwners } from '../../server/mail/remind-owners.ts';
import { noticeTemplates } from '../../server/mail/notices.rules.ts';
import { transact } from '../../server/db/database.ts';
import { outbox } from '../buyer.ts';
import { billingVariables, licensesOf, sendWoo, wooOrder, work, type LicenseRow } from '../deliveries.ts';
import { onBothDatabases, useTestApp, type TestApp } from '../harness.ts';

const day = 86_400_000;
const by = { actor: 'test' };

async function bought(app: TestApp, email: string, changes: Record<string, unknown> = {}): Promise<{ license: LicenseRow; order: ReturnType<typeof wooOrder> }> {
  const order = wooOrder({ billing: { first_name: 'Ada', last_name: 'Buyer', company: '', country: 'DE', email }, ...changes });
  await sendWoo(app, order);
  await work(app);
  const license = (await licensesOf(app)).find((row) => row.email === email);
  assert.ok(license);
  return { license, order };
}

/** The subjects of what somebody was sent after the purchase. */
const sentTo = (app: TestApp, email: string) => outbox(app).filter(({ to, subject }) => to === email && !subject.includes('licence key')).map(({ subject }) => subject);

onBothDatabases('e-mails about what becomes of a licence', (engine) => {
  const open = useTestApp(engine, billingVariables);

  it('tell the owner of a suspension and a cancellation, once each, whatever is repeated', async () => {
    const app = await open();
    const { license } = await bought(app, 'hand@example.test');
    const change = (type: 'suspend' | 'cancel') => transact(app.deps.db, (trx) => changeLicense(trx, license.id, { type, reason: 'internal remark' }, by, app.clock.now));
    for (const type of ['suspend', 'suspend', 'cancel', 'cancel'] as const) await change(type);
    await work(app);
    await work(app);
    assert.deepEqual(sentTo(app, 'hand@example.test').toSorted(), ['Your Chatello licence is cancelled', 'Your Chatello licence is suspended']);
    assert.ok(!outbox(app).some(({ text }) => text.includes('internal remark')));
  });

  it('come 30, 7 and 1 days before the end, each once, with the days that are really left, and once when it has come', async () => {
    const app = await open();
    const { license } = await bought(app, 'ending@example.test');
    const end = license.expires_at ?? 0;
    await watchLapses(app.deps);
    const before = app.clock.now;
    for (const left of [31, 30, 29.5, 8, 6.5, 6, 1, 0.5]) {
      app.clock.now = end - left * day;
      await Promise.all([remindOwners(app.deps), remindOwners(app.deps)]);
      await work(app);
    }
    assert.deepEqual(sentTo(app, 'ending@example.test'), ['Your Chatello licence ends in 30 days', 'Your Chatello licence ends in 7 days', 'Your Chatello licence ends tomorrow']);
    app.clock.now = end + 1_000;
    for (let n = 0; n < 2; n += 1) await watchLapses(app.deps);
    await work(app);
    assert.equal(sentTo(app, 'ending@example.test').filter((subject) => subject === 'Your Chatello licence has expired').length, 1);
    app.clock.now = before;
  });

  it('do not nag who pays monthly with a reminder in the first half of the month', async () => {
    const app = await open();
    const { license } = await bought(app, 'monthly@example.test');
    await app.deps.db.updateTable('licenses').set({ expires_at: app.clock.now + 30 * day }).where('id', '=', license.id).execute();
    const start = app.clock.now;
    for (let passed = 0; passed < 30; passed += 1) {
      app.clock.now = start + passed * day;
      await remindOwners(app.deps);
    }
    await work(app);
    assert.deepEqual(sentTo(app, 'monthly@example.test'), ['Your Chatello licence ends in 7 days', 'Your Chatello licence ends tomorrow']);
    app.clock.now = start;
  });

  it('tell the buyer of a refund, once, with the amount that goes back', async () => {
    const app = await open();
    const { order } = await bought(app, 'refund@example.test');
    const refunded = { ...order, status: 'refunded', date_modified_gmt: '2026-11-21T11:30:00', refunds: [{ id: 7, reason: '', total: '-49.00' }] };
    for (let n = 0; n < 3; n += 1) await sendWoo(app, { ...refunded, note: n });
    await work(app);
    await work(app);
    assert.deepEqual(sentTo(app, 'refund@example.test'), [`Your refund for order ${order.number as string}`]);
    assert.match(outbox(app).find(({ to, subject }) => to === 'refund@example.test' && subject.startsWith('Your refund'))?.text ?? '', /€49\.00[\s\S]*have ended/);
  });

  it('follow the changes of a subscription, in the language of the buyer', async () => {
    const app = await open();
    const { license } = await bought(app, 'life@example.test');
    await app.deps.db.updateTable('customers').set({ locale: 'it' }).where('email', '=', 'life@example.test').execute();
    const tell = (kind: Parameters<typeof tellOfSubscription>[1]['kind'], details = {}) => transact(app.deps.db, (trx) => tellOfSubscription(trx, { kind, cause: `${kind}:life`, subscriptionId: null, licenseIds: [license.id], details }, app.clock.now));
    for (let n = 0; n < 2; n += 1) {
      await tell('Renewed', { orderId: license.order_id });
      await tell('PaymentFailed');
      await tell('CancelScheduled', { cancelAt: Date.UTC(2027, 0, 5) });
      await tell('PlanChanged', { overLimit: [{ licenseId: license.id, sites: 3, limit: 1 }] });
      for (const kind of ['TrialStarted', 'PaymentRecovered', 'Resumed', 'CancelUnscheduled', 'Expired'] as const) await tell(kind);
      await work(app);
      await work(app);
    }
    const mails = outbox(app).filter(({ to, text }) => to === 'life@example.test' && text.startsWith('Ciao'));
    assert.equal(mails.length, 4);
    const text = mails.map((mail) => mail.text).join('\n');
    for (const part of ['Pagato: 49,00', 'Il pagamento del tuo abbonamento è stato rifiutato', 'Fino al 5 gennaio 2027', 'occupano 3 posti e il piano ne ha 1']) assert.ok(text.includes(part), part);
    const rows = await app.deps.db.selectFrom('emails').select(['template', 'status']).where('recipient', '=', 'life@example.test').execute();
    assert.ok(rows.every(({ status }) => status === 'sent'));
    assert.ok(rows.filter(({ template }) => noticeTemplates.some((notice) => notice === template)).length === 4);
  });
});
