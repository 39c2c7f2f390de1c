import assert from 'node:assert/strict';
import { it } from 'node:test';
import { findOrCreateCustomer } from '../../server/customers/find-or-create-customer.ts';
import { transact } from '../../server/db/database.ts';
import { releaseSite } from '../../server/licenses/activate-site.ts';
import { changeLicense, type LicenseChange } from '../../server/licenses/change-license.ts';
import { issueLicense, manualTerm, type IssueInput } from '../../server/licenses/issue-license.ts';
import { normalizeSite } from '../../server/licenses/site.rules.ts';
import { getPlanByCode, getProductByCode } from '../../server/plans/get-plan.ts';
import { onBothDatabases, useTestApp, type TestApp } from '../harness.ts';

const by = { actor: 'test' };
const monthMs = 31 * 24 * 3600 * 1000;

async function issue({ deps: { db, vault, now } }: TestApp, { plan: code = 'pro', months = 1, ...more }: Partial<Omit<IssueInput, 'plan'>> & { plan?: string; months?: number | null } = {}): Promise<{ id: string; key: string }> {
  return transact(db, async (trx) => {
    const { customer } = await findOrCreateCustomer(trx, { email: 'buyer@example.com' }, by, now());
    const [plan, product] = [await getPlanByCode(trx, code), await getProductByCode(trx)];
    const { license, key } = await issueLicense(trx, vault, { customerId: customer.id, plan, productId: product.id, term: manualTerm(months, now()), ...more }, by, now());
    return { id: license.id, key };
  });
}

const change = ({ deps: { db, now } }: TestApp, id: string, what: LicenseChange) => transact(db, (trx) => changeLicense(trx, id, what, by, now()));

onBothDatabases('the verdict of POST /api/validate', (engine) => {
  const getApp = useTestApp(engine);
  const verdictOf = async (key: string, body: Record<string, unknown> = {}) => {
    const { status, body: verdict } = await (await getApp()).call('post', '/api/validate', { key, body });
    assert.equal(status, 200);
    assert.equal(verdict.valid, verdict.code === 'VALID');
    assert.ok(verdict.message.length > 20);
    return verdict;
  };

  it('is NOT_FOUND for a key that nobody has, and tells a mistyped key from an unknown one', async () => {
    const { key } = await issue(await getApp());
    const unknown = await verdictOf('CHA-0000-0000-0000-0000');
    assert.deepEqual([unknown.code, unknown.plan, unknown.usage], ['NOT_FOUND', null, null]);
    assert.doesNotMatch(unknown.message, /mistyped/);
    const last = key.endsWith('X') ? 'Y' : 'X';
    assert.match((await verdictOf(key.slice(0, -1) + last)).message, /mistyped/);
    assert.match((await verdictOf('hello')).message, /not a licence key/);
  });

  it('is VALID with plan, features, expiry, limits, usage and activation, on calendar months', async () => {
    const { key } = await issue(await getApp(), { months: 3 });
    const verdict = await verdictOf(key.toLowerCase().replaceAll('-', ' '), { domain: 'https://www.valid.example.org/', product: 'chatello', version: '9.9' });
    assert.deepEqual(
      { code: verdict.code, status: verdict.status, plan: verdict.plan, expires_at: verdict.expires_at, limits: verdict.limits, usage: verdict.usage, site: verdict.activation.site, kind: verdict.activation.kind },
      {
        code: 'VALID', status: 'active', plan: { code: 'pro', name: 'Pro' }, expires_at: '2027-02-21T12:00:00.000Z',
        limits: { sites: 3, staging_sites: 3, requests_per_month: 1_000, requests_per_hour: 100 }, usage: { sites: 1, requests_this_month: 0 }, site: 'valid.example.org', kind: 'production',
      },
    );
    assert.ok(verdict.features.includes('ai_proxy'));
  });

  it('is SUSPENDED, CANCELLED or PENDING while the licence is, and VALID again once it is reactivated', async () => {
    const app = await getApp();
    const { id, key } = await issue(app);
    await change(app, id, { type: 'suspend', reason: 'chargeback' });
    assert.equal((await verdictOf(key)).code, 'SUSPENDED');
    await change(app, id, { type: 'reactivate' });
    assert.equal((await verdictOf(key)).code, 'VALID');
    await change(app, id, { type: 'cancel', reason: 'asked for' });
    assert.equal((await verdictOf(key, { domain: 'cancelled.example.org' })).activation, null);
    assert.equal((await verdictOf(key)).code, 'CANCELLED');
    const pending = await issue(app);
    await app.deps.db.updateTable('licenses').set({ status: 'pending', confirmed_at: null }).where('id', '=', pending.id).execute();
    assert.equal((await verdictOf(pending.key)).code, 'PENDING');
    await change(app, pending.id, { type: 'reactivate' });
    assert.equal((await verdictOf(pending.key)).code, 'VALID');
  });

  it('is CANCELLED once all that was paid is taken back, and cannot be talked out of it', async () => {
    const app = await getApp();
    const { id, key } = await issue(app);
    const other = await issue(app);
    const term = await app.deps.db.selectFrom('license_terms').select('id').where('license_id', '=', id).executeTakeFirstOrThrow();
    await change(app, other.id, { type: 'void-term', termId: term.id, reason: 'not its own' });
    assert.equal((await verdictOf(key)).code, 'VALID');
    await change(app, id, { type: 'void-term', termId: term.id, reason: 'refunded' });
    assert.equal((await verdictOf(key)).code, 'CANCELLED');
    await assert.rejects(change(app, id, { type: 'reactivate' }), { code: 'CONFLICT' });
    await change(app, id, { type: 'restore-term', termId: term.id, reason: 'refund withdrawn' });
    assert.equal((await verdictOf(key)).code, 'VALID');
  });

  it('is EXPIRED from its last moment on, and VALID after a renewal, counted from the old end, once for one payment', async () => {
    const app = await getApp();
    const { id, key } = await issue(app);
    app.clock.now += monthMs;
    const expired = await verdictOf(key, { domain: 'expired.example.org' });
    assert.deepEqual([expired.code, expired.status, expired.activation], ['EXPIRED', 'expired', null]);
    const term = { provider: 'paddle', account: 'main', transactionId: 'txn_1', months: 1, paidAt: app.clock.now };
    for (let delivery = 0; delivery < 3; delivery += 1) await change(app, id, { type: 'renew', term });
    const renewed = await verdictOf(key);
    assert.deepEqual([renewed.code, renewed.expires_at], ['VALID', '2027-01-21T12:00:00.000Z']);
    app.clock.now -= monthMs;
  });

  it('is PRODUCT_MISMATCH for another product and VERSION_NOT_ENTITLED for a newer version', async () => {
    const { key } = await issue(await getApp(), { maxVersion: '2' });
    assert.equal((await verdictOf(key, { product: 'other' })).code, 'PRODUCT_MISMATCH');
    assert.equal((await verdictOf(key, { version: '3.0.0' })).code, 'VERSION_NOT_ENTITLED');
    assert.equal((await verdictOf(key, { version: '2.99.1' })).code, 'VALID');
  });

  it('is DOMAIN_MISMATCH for a licence that was issued for another site, until that site lets it go', async () => {
    const app = await getApp();
    const { id, key } = await issue(app, { plan: 'starter', site: normalizeSite('https://old.example.org') });
    const refused = await verdictOf(key, { domain: 'new.example.org' });
    assert.deepEqual([refused.code, refused.usage.sites], ['DOMAIN_MISMATCH', 1]);
    assert.match(refused.message, /old\.example\.org/);
    assert.equal((await verdictOf(key, { domain: 'www.old.example.org' })).code, 'VALID');
    assert.equal(await releaseSite(app.deps.db, id, 'old.example.org', by, app.clock.now), true);
    assert.equal((await verdictOf(key, { domain: 'new.example.org' })).code, 'VALID');
    assert.equal((await verdictOf(key, { domain: 'old.example.org' })).code, 'DOMAIN_LIMIT_REACHED');
  });

  it('is DOMAIN_LIMIT_REACHED at the limit, without a slot for whoever asks', async () => {
    const { key } = await issue(await getApp(), { plan: 'starter' });
    assert.equal((await verdictOf(key, { domain: 'one.example.org' })).code, 'VALID');
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const refused = await verdictOf(key, { domain: 'two.example.org' });
      assert.deepEqual([refused.code, refused.usage.sites, refused.activation], ['DOMAIN_LIMIT_REACHED', 1, null]);
      assert.equal(refused.message, 'The one site of this licence is in use. Release it or upgrade the plan.');
    }
  });

  it('lets staging copies work for nothing, up to their own cap, also on a licence that is full or locked', async () => {
    const { key } = await issue(await getApp(), { plan: 'starter', site: normalizeSite('shop.example.org') });
    for (const body of [{ domain: 'shop.test' }, { domain: 'http://localhost:8080' }, { domain: 'copy.example.org', environment: 'staging' }]) {
      const copy = await verdictOf(key, body);
      assert.deepEqual([copy.code, copy.activation.kind, copy.usage.sites], ['VALID', 'staging', 1]);
    }
    const fourth = await verdictOf(key, { domain: 'acme.kinsta.cloud' });
    assert.deepEqual([fourth.code, fourth.message], ['DOMAIN_LIMIT_REACHED', 'All 3 staging sites of this licence are in use. Release one.']);
    assert.equal((await verdictOf(key, { domain: 'shop.test' })).code, 'VALID');
  });

  it('makes a copy that goes live take a slot for shops, or refuses it', async () => {
    const { key } = await issue(await getApp(), { plan: 'starter' });
    assert.equal((await verdictOf(key, { domain: 'golive.example.org', environment: 'staging' })).activation.kind, 'staging');
    const live = await verdictOf(key, { domain: 'golive.example.org', environment: 'production' });
    assert.deepEqual([live.code, live.activation.kind, live.usage.sites], ['VALID', 'production', 1]);
    assert.equal((await verdictOf(key, { domain: 'second.example.org', environment: 'staging' })).code, 'VALID');
    assert.equal((await verdictOf(key, { domain: 'second.example.org' })).code, 'DOMAIN_LIMIT_REACHED');
  });

  it('counts sites beyond a limit that was lowered', async () => {
    const app = await getApp();
    const { id, key } = await issue(app);
    for (const domain of ['a.example.org', 'b.example.org', 'c.example.org']) await verdictOf(key, { domain });
    await app.deps.db.updateTable('licenses').set({ max_sites: 2 }).where('id', '=', id).execute();
    await app.call('post', '/api/v1/licenses/deactivate', { key, body: { domain: 'a.example.org' } });
    assert.equal((await verdictOf(key, { domain: 'd.example.org' })).code, 'DOMAIN_LIMIT_REACHED');
    assert.equal((await verdictOf(key, { domain: 'c.example.org' })).code, 'VALID');
  });
});

onBothDatabases('activation by the site itself', (engine) => {
  const getApp = useTestApp(engine);

  it('may be repeated: one slot, and one line in the audit log', async () => {
    const app = await getApp();
    const { id, key } = await issue(app);
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const { body } = await app.call('post', '/api/v1/licenses/activate', { key, body: { domain: 'https://shop.example.org', version: '1.0' } });
      assert.deepEqual([body.code, body.usage.sites], ['VALID', 1]);
    }
    const audit = await app.deps.db.selectFrom('audit_log').select('actor').where('entity_id', '=', id).where('action', '=', 'activation.created').execute();
    assert.deepEqual(audit.map(({ actor }) => actor), ['site:shop.example.org']);
  });

  it('is undone as often as one likes, also on an expired licence, and the slot is free for another site', async () => {
    const app = await getApp();
    const { key } = await issue(app, { plan: 'starter' });
    await app.call('post', '/api/v1/licenses/activate', { key, body: { domain: 'gone.example.org' } });
    app.clock.now += monthMs;
    const answers = [];
    for (let attempt = 0; attempt < 2; attempt += 1) answers.push((await app.call('post', '/api/v1/licenses/deactivate', { key, body: { domain: 'gone.example.org' } })).body);
    assert.deepEqual(answers, [{ deactivated: true, site: 'gone.example.org' }, { deactivated: false, site: 'gone.example.org' }]);
    app.clock.now -= monthMs;
    assert.equal((await app.call('post', '/api/v1/licenses/activate', { key, body: { domain: 'next.example.org' } })).body.code, 'VALID');
  });

  it('takes no key that nobody has, and no site that is none', async () => {
    const { call } = await getApp();
    const unknown = await call('post', '/api/v1/licenses/deactivate', { key: 'CHA-0000-0000-0000-0000', body: { domain: 'shop.example.org' } });
    assert.deepEqual([unknown.status, unknown.body.error.code], [401, 'LICENSE_INVALID']);
    const noSite = await call('post', '/api/v1/licenses/activate', { key: 'CHA-0000-0000-0000-0000', body: {} });
    assert.deepEqual([noSite.status, noSite.body.error.field], [400, 'body.domain']);
  });
});
