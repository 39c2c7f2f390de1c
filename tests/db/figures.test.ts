import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import fc from 'fast-check';
import { recordAudit } from '../../server/audit/record-audit.ts';
import type { Db } from '../../server/db/database.ts';
import { countFigures, rebuildFigures } from '../../server/figures/count-figures.ts';
import { newId } from '../../server/ids.ts';
import { statusAt } from '../../server/licenses/license-status.rules.ts';
import { createTestApp, onBothDatabases, type TestApp } from '../harness.ts';
import { ledgerRow, writeLedgerRow } from '../ledger-rows.ts';

const dayMs = 86_400_000;
const step = fc.record({ what: fc.constantFrom('customer', 'license', 'term', 'void', 'expire', 'cancel', 'suspend', 'renew', 'plan', 'order', 'refund', 'move', 'rename', 'delete', 'usage', 'settle', 'wait', 'count'), which: fc.nat(1_000), amount: fc.constantFrom(0, 900, 2_900, 10_000), currency: fc.constantFrom('EUR', 'USD', 'JPY') });
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

onBothDatabases('the figures', (engine) => {
  let app: TestApp;
  let plans: string[];
  let productId: string;
  let organizations: { id: string; path: string }[];
  before(async () => {
    app = await createTestApp(engine);
    const { db } = app.deps;
    plans = (await db.selectFrom('plans').select('id').orderBy('id').execute()).map(({ id }) => id);
    productId = (await db.selectFrom('products').select('id').executeTakeFirstOrThrow()).id;
    const [reseller, agent] = [newId(), newId()];
    organizations = [{ id: reseller, path: `/${reseller}/` }, { id: agent, path: `/${reseller}/${agent}/` }];
    for (const [index, { id, path }] of organizations.entries()) {
      await db.insertInto('organizations').values({ id, parent_id: index === 0 ? null : reseller, kind: index === 0 ? 'reseller' : 'agent', name: `Node ${index}`, path, license_quota: null, licenses_used: 0, disabled_at: null, created_at: 1, updated_at: 1 }).execute();
    }
  });
  after(() => app.close());

  /** One thing that happens to the rows that the figures count. Nothing tells the figures of it. */
  async function take({ what, which, amount, currency }: Step): Promise<void> {
    const { clock } = app;
    const { db } = app.deps;
    const now = clock.now;
    const pick = async (table: 'customers' | 'licenses' | 'orders' | 'license_terms') => {
      const rows = await db.selectFrom(table).select('id').orderBy('id').execute();
      return rows[which % Math.max(rows.length, 1)]?.id;
    };
    const organizationId = [null, ...organizations.map(({ id }) => id)][which % 3] ?? null;
    const license = await pick('licenses');
    const customer = await db.selectFrom('customers').select(['id', 'organization_id']).where('id', '=', (await pick('customers')) ?? '').executeTakeFirst();
    if (what === 'wait') clock.now += (which % 40) * dayMs;
    if (what === 'count') await countFigures(app.deps);
    if (what === 'customer') {
      const id = newId();
      await db.insertInto('customers').values({ id, email: `${id}@example.com`, email_key: `${id}@example.com`, name: `Zoë ${id.slice(-4)}`, company: null, locale: 'en', status: 'validated', notes: null, organization_id: organizationId, created_at: now, updated_at: now }).execute();
    }
    if (what === 'license' && customer) await writeLicense(db, customer, now, which);
    if (what === 'term' && license) await writeTerm(db, license, which % 5 === 0 ? null : (which % 13) + 1, amount, currency, now);
    if (what === 'void') await db.updateTable('license_terms').set({ voided_at: now }).where('id', '=', (await pick('license_terms')) ?? '').execute();
    const changes = { expire: { expires_at: now - 1 }, cancel: { status: 'cancelled', cancelled_at: now }, suspend: { status: 'suspended', suspended_at: now }, renew: { status: 'active', expires_at: now + 400 * dayMs, cancelled_at: null, suspended_at: null }, plan: { plan_id: plans[which % plans.length] ?? '' } };
    if (what in changes && license) await db.updateTable('licenses').set({ ...changes[what as keyof typeof changes], updated_at: now }).where('id', '=', license).execute();
    if (what === 'term' || what === 'void') await db.updateTable('licenses').set({ updated_at: now }).where('id', '=', license ?? '').execute();
    if (what === 'order' && customer) {
      const id = newId();
      await db.insertInto('orders').values({ id, provider: 'paddle', account: 'main', external_id: id, number: id, customer_id: customer.id, status: 'paid', currency, total_minor: amount, refunded_minor: 0, subscription_id: null, is_renewal: which % 2, paid_at: which % 4 === 0 ? null : now, snapshot_at: now, revision: 1, created_at: now, updated_at: now }).execute();
    }
    if (what === 'refund') await db.updateTable('orders').set({ refunded_minor: 100, paid_at: now, updated_at: now }).where('id', '=', (await pick('orders')) ?? '').execute();
    if (what === 'rename' && customer) await db.updateTable('customers').set({ name: `Näme ${which}`, updated_at: now }).where('id', '=', customer.id).execute();
    // Neither of these two leaves a time of change behind.
    if (what === 'move' && customer) {
      await db.updateTable('customers').set({ organization_id: organizationId }).where('id', '=', customer.id).execute();
      await db.updateTable('licenses').set({ organization_id: organizationId }).where('customer_id', '=', customer.id).execute();
    }
    if (what === 'delete' && license) {
      for (const table of ['license_terms', 'activations'] as const) await db.deleteFrom(table).where('license_id', '=', license).execute();
      await db.deleteFrom('licenses').where('id', '=', license).execute();
    }
    if (what === 'usage' && license) await writeLedgerRow(db, license, now, { provider: which % 2 === 0 ? 'openai' : 'anthropic', status: which % 3 === 0 ? 'reserved' : which % 3 === 1 ? 'failed' : 'completed', cost_microcents: amount, input_tokens: which });
    if (what === 'settle') await db.updateTable('usage_records').set({ status: 'completed', output_tokens: 7, settled_at: now }).where('status', '=', 'reserved').execute();
  }

  async function writeLicense(db: Db, customer: { id: string; organization_id: string | null }, now: number, which: number): Promise<string> {
    const id = newId();
    await db.insertInto('licenses').values({
      id, key_digest: Buffer.from(id.replaceAll('-', ''), 'latin1'), key_cipher: Buffer.from(id), key_id: 'test', key_hint: 'TEST', customer_id: customer.id, organization_id: customer.organization_id, plan_id: plans[which % plans.length] ?? '', product_id: productId, status: which % 7 === 0 ? 'pending' : 'active', expires_at: which % 3 === 0 ? null : now + (which % 60) * dayMs, grace_ms: which % 2 === 0 ? dayMs : 0,
      confirmed_at: now, suspended_at: null, suspended_reason: null, cancelled_at: null, cancelled_reason: null, revoked_at: null, revoked_reason: null, subscription_id: null, subscription_status: null, max_sites: null, max_version: null, domain_lock: null, quotas: null, created_at: now, updated_at: now,
    }).execute();
    return id;
  }

  async function writeTerm(db: Db, licenseId: string, months: number | null, amount: number, currency: string, now: number): Promise<void> {
    await db.insertInto('license_terms').values({ id: newId(), license_id: licenseId, provider: 'paddle', account: 'main', transaction_id: newId(), order_line_id: null, subscription_id: null, months, period_ends_at: null, paid_at: now, amount_minor: amount, currency, voided_at: null, void_reason: null, created_at: now }).execute();
  }

  const amountsOf = async (name: string, scope: string) =>
    Object.fromEntries((await app.deps.db.selectFrom('figures').selectAll().where('name', '=', name).where('scope_id', '=', scope).where('amount', '!=', 0).execute()).map(({ bucket, label, detail, amount }) => [`${bucket} ${label} ${detail}`, amount]));

  /** Everything that was counted, without what is zero. */
  async function counted(): Promise<unknown> {
    const { db } = app.deps;
    const figures = await db.selectFrom('figures').selectAll().where('amount', '!=', 0).execute();
    const tables = { figures, words: await db.selectFrom('customer_words').selectAll().execute(), days: await db.selectFrom('usage_days').selectAll().where('calls', '!=', 0).execute(), hours: await db.selectFrom('usage_hours').selectAll().execute(), months: await db.selectFrom('usage_months').selectAll().execute() };
    return Object.fromEntries(Object.entries(tables).map(([name, rows]) => [name, rows.map((row) => JSON.stringify(row)).sort()]));
  }

  function count<Row>(rows: Row[], keyOf: (row: Row) => string, amountOf: (row: Row) => number = () => 1): Record<string, number> {
    const sums: Record<string, number> = {};
    for (const row of rows) sums[keyOf(row)] = (sums[keyOf(row)] ?? 0) + amountOf(row);
    return Object.fromEntries(Object.entries(sums).filter(([, amount]) => amount !== 0));
  }

  it('equal a recount after any changes, in every organisation, and stay what they are when they are counted anew', async () => {
    const { db } = app.deps;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 60 }), async (steps) => {
        for (const one of steps) await take(one);
        await take({ what: 'settle', which: 0, amount: 0, currency: 'EUR' });
        app.clock.now += 120_000;
        // The ring comes round to every row in the end.
        for (let run = 0; run < 3; run += 1) await countFigures(app.deps);
        const now = app.clock.now;
        const node = async (id: string) => (id === 'all' ? undefined : (await db.selectFrom('organizations').select('id').where('path', 'like', `%/${id}/%`).execute()).map((row) => row.id));
        for (const scope of ['all', ...organizations.map(({ id }) => id)]) {
          const within = await node(scope);
          const isWithin = (row: { organization_id: string | null }) => within === undefined || within.includes(row.organization_id ?? '');
          const customers = (await db.selectFrom('customers').selectAll().execute()).filter(isWithin);
          const licenses = (await db.selectFrom('licenses').selectAll().execute()).filter(isWithin);
          const orders = (await db.selectFrom('orders').selectAll().where('paid_at', 'is not', null).execute()).filter(({ customer_id }) => customers.some(({ id }) => id === customer_id));
          assert.deepEqual(await amountsOf('customers', scope), count(customers, ({ status }) => `0 ${status} `));
          assert.deepEqual(await amountsOf('licenses', scope), count(licenses, (license) => `0 ${statusAt(license, now)} ${license.plan_id}`));
          const dayText = (at: number | null) => String((at ?? 0) - ((at ?? 0) % dayMs));
          assert.deepEqual(await amountsOf('revenue', scope), count(orders, (order) => `${dayText(order.paid_at)} ${order.currency} paddle`, (order) => order.total_minor));
          assert.deepEqual(await amountsOf('refunds', scope), count(orders, (order) => `${dayText(order.paid_at)} ${order.currency} paddle`, (order) => order.refunded_minor));
          const terms = await db.selectFrom('license_terms').selectAll().where('voided_at', 'is', null).where('amount_minor', '>', 0).orderBy('paid_at').execute();
          const paying = licenses.filter((license) => statusAt(license, now) === 'active').flatMap((license) => {
            const term = terms.findLast(({ license_id }) => license_id === license.id);
            return term?.months ? [{ ...license, term, months: term.months }] : [];
          });
          assert.deepEqual(await amountsOf('mrr', scope), count(paying, ({ term, plan_id }) => `0 ${term.currency} ${plan_id}`, ({ term, months }) => Math.round((term.amount_minor * 1_000) / months)));
          const customersOf = count(paying, ({ term, customer_id }) => `${term.currency} ${customer_id}`);
          assert.deepEqual(await amountsOf('paying_customers', scope), count(Object.keys(customersOf), (key) => `0 ${key.split(' ')[0]} `));
        }
        const ledger = await db.selectFrom('usage_records').selectAll().execute();
        const sum = await db.selectFrom('usage_days').select((eb) => [eb.fn.coalesce(eb.fn.sum<number>('calls'), eb.lit(0)).as('calls'), eb.fn.coalesce(eb.fn.sum<number>('cost_microcents'), eb.lit(0)).as('cost')]).where('scope_id', '=', 'all').executeTakeFirstOrThrow();
        assert.deepEqual({ ...sum }, { calls: ledger.length, cost: ledger.reduce((total, row) => total + row.cost_microcents, 0) });
        const usual = async () => ({ ...(await counted() as object), days: undefined, hours: undefined, months: undefined });
        const before = await usual();
        await rebuildFigures(app.deps);
        assert.deepEqual(await usual(), before);
      }),
      { numRuns: 8, endOnFailure: true },
    );
  });

  it('are put right by counting anew, whatever stood there', async () => {
    const { db } = app.deps;
    await countFigures(app.deps);
    await rebuildFigures(app.deps);
    const right = await counted();
    await db.updateTable('figures').set({ amount: 99 }).execute();
    await db.updateTable('usage_days').set({ calls: 99 }).execute();
    await rebuildFigures(app.deps);
    assert.deepEqual(await counted(), right);
  });

  it('add up a long ledger when it is counted for the first time, a licence that fills many slices too, and go on from there', async () => {
    const { db } = app.deps;
    const customer = await db.selectFrom('customers').select(['id', 'organization_id']).executeTakeFirstOrThrow();
    await take({ what: 'settle', which: 0, amount: 0, currency: 'EUR' });
    const licenses: string[] = [];
    for (let index = 0; index < 4; index += 1) licenses.push(await writeLicense(db, customer, app.clock.now, index));
    const rowOf = (index: number) => ({ ...ledgerRow(licenses[index < 1_300 ? 1 : index % 4] ?? '', app.clock.now - 100 * dayMs + Math.floor(index / 3) * 5_000_000), charged_requests: 1, input_tokens: index, cost_microcents: index });
    for (let start = 0; start < 1_600; start += 100) await db.insertInto('usage_records').values(Array.from({ length: 100 }, (_, index) => rowOf(start + index))).execute();
    const agree = async () => {
      const counted = await db.selectFrom('usage_months').select(['entity_id as license', 'month', 'calls', 'cost_microcents as cost']).where('scope_id', '=', 'all').where('kind', '=', 'license').where('entity_id', 'in', licenses).orderBy('entity_id').orderBy('month').execute();
      const rows = await db.selectFrom('usage_records').select((eb) => ['license_id as license', 'month_start as month', eb.fn.countAll<number>().as('calls'), eb.fn.sum<number>('cost_microcents').as('cost')]).where('license_id', 'in', licenses).groupBy(['license_id', 'month_start']).orderBy('license_id').orderBy('month_start').execute();
      assert.ok(rows.length > 1);
      assert.deepEqual(counted, rows);
    };
    await rebuildFigures(app.deps);
    await agree();
    for (let index = 1_600; index < 1_603; index += 1) await db.insertInto('usage_records').values({ ...rowOf(index), created_at: app.clock.now }).execute();
    app.clock.now += 120_000;
    await countFigures(app.deps);
    await agree();
    const sums = await db.selectFrom('usage_days').select((eb) => eb.fn.sum<number>('calls').as('calls')).where('scope_id', '=', 'all').executeTakeFirstOrThrow();
    const ledger = await db.selectFrom('usage_records').select((eb) => eb.fn.countAll<number>().as('calls')).executeTakeFirstOrThrow();
    assert.deepEqual({ ...sums }, { ...ledger });
  });

  it('follow what the audit log tells of, deletions too, without waiting for the ring', async () => {
    const { db } = app.deps;
    await take({ what: 'customer', which: 0, amount: 0, currency: 'EUR' });
    const { id } = await db.selectFrom('customers').select('id').orderBy('id', 'desc').executeTakeFirstOrThrow();
    const license = await writeLicense(db, { id, organization_id: null }, app.clock.now, 1);
    await countFigures(app.deps);
    const ofNode = async () => (await amountsOf('licenses', organizations[0]?.id ?? ''));
    const before = await ofNode();
    // As if there were a million: the ring is far away.
    const far = () => db.updateTable('figure_cursors').set({ entity_id: 'zzz' }).where('name', 'like', 'checked:%').execute();
    await db.updateTable('licenses').set({ organization_id: organizations[0]?.id ?? null, updated_at: 1 }).where('id', '=', license).execute();
    app.clock.now += 60_000;
    await recordAudit(db, { actor: 'test' }, { action: 'customer.assigned', entity: 'customer', entityId: id }, app.clock.now);
    await far();
    await countFigures(app.deps);
    assert.notDeepEqual(await ofNode(), before);
    await db.deleteFrom('licenses').where('id', '=', license).execute();
    await db.deleteFrom('customers').where('id', '=', id).execute();
    for (const [entity, entityId] of [['customer', id], ['license', license]] as const) await recordAudit(db, { actor: 'test' }, { action: `${entity}.deleted`, entity, entityId }, app.clock.now);
    await far();
    await countFigures(app.deps);
    assert.deepEqual(await ofNode(), before);
    assert.deepEqual(await db.selectFrom('customer_words').selectAll().where('customer_id', '=', id).execute(), [], 'no word of one who was deleted stays');
    assert.deepEqual(await db.selectFrom('figure_sources').selectAll().where('entity_id', '=', id).execute(), []);
  });

  it('count nothing twice when several count at the same time', async () => {
    const { db } = app.deps;
    await rebuildFigures(app.deps);
    const right = await counted();
    await db.updateTable('figure_cursors').set({ position: 0 }).where('name', 'like', 'changed:%').execute();
    await Promise.all([countFigures(app.deps), countFigures(app.deps), rebuildFigures(app.deps), countFigures(app.deps)]);
    await countFigures(app.deps);
    assert.deepEqual(await counted(), right);
  });

  it('leave out requests that have not ended, and count them once they have', async () => {
    const { db } = app.deps;
    const { id } = await db.selectFrom('customers').select('id').executeTakeFirstOrThrow();
    const license = await writeLicense(db, { id, organization_id: null }, app.clock.now, 1);
    const calls = async () => (await db.selectFrom('usage_days').select((eb) => eb.fn.sum<number>('calls').as('calls')).where('scope_id', '=', 'all').executeTakeFirst())?.calls ?? 0;
    app.clock.now += 120_000;
    await countFigures(app.deps);
    const before = await calls();
    await writeLedgerRow(db, license, app.clock.now, {});
    await writeLedgerRow(db, license, app.clock.now + 1, { status: 'reserved' });
    await writeLedgerRow(db, license, app.clock.now + 2, {});
    app.clock.now += 120_000;
    await countFigures(app.deps);
    assert.equal(await calls(), before + 1, 'nothing is counted beyond a request that runs');
    await take({ what: 'settle', which: 0, amount: 0, currency: 'EUR' });
    await countFigures(app.deps);
    assert.equal(await calls(), before + 3);
  });
});
