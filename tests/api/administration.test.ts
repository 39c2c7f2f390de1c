import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { it } from 'node:test';
import { newId } from '../../server/ids.ts';
import { onBothDatabases, useTestApp, type CallOptions } from '../harness.ts';

onBothDatabases('the administration API', (engine) => {
  const getApp = useTestApp(engine);
  const request = async (method: 'get' | 'post' | 'put' | 'delete', url: string, body?: unknown, options: CallOptions = {}) => {
    const { call, adminToken } = await getApp();
    return call(method, url, { token: adminToken, ...(body === undefined ? {} : { body }), ...options });
  };
  const create = (body: Record<string, unknown>, options?: CallOptions) => request('post', '/api/create_license', { plan: 'pro', months: 1, ...body }, options);

  it('lets nobody in without the token, before it looks at anything else', async () => {
    const { call, adminToken } = await getApp();
    for (const [method, url] of [['post', '/api/create_license'], ['post', '/api/customer'], ['get', '/api/customer/x'], ['put', '/api/customer/x'], ['delete', '/api/customer/x']] as const) {
      for (const options of [{}, { token: 'wrong' }, { token: `${adminToken}x` }, { headers: { Authorization: `Basic ${adminToken}` } }]) {
        const { status, body } = await call(method, url, { body: { nonsense: true }, ...options });
        assert.deepEqual([status, body.error.code, body.error.field], [401, 'UNAUTHENTICATED', 'headers.authorization']);
      }
    }
  });

  it('takes stored tokens by their digest until they are revoked, and only with the scope', async () => {
    const { deps: { db }, clock } = await getApp();
    const token = 'stored-token-of-a-program';
    const row = { id: newId(), name: 'shop', token_digest: createHash('sha256').update(token).digest(), scopes: '["admin"]', created_at: clock.now, last_used_at: null, revoked_at: null, expires_at: null, organization_id: null, revoked_by: null };
    await db.insertInto('api_tokens').values(row).execute();
    assert.equal((await create({ email: 'stored@example.com' }, { token })).status, 201);
    assert.equal((await db.selectFrom('api_tokens').select('last_used_at').executeTakeFirstOrThrow()).last_used_at, clock.now);
    await db.updateTable('api_tokens').set({ scopes: '["usage"]' }).execute();
    assert.equal((await create({ email: 'stored@example.com' }, { token })).body.error.code, 'FORBIDDEN');
    await db.updateTable('api_tokens').set({ scopes: '["admin"]', revoked_at: clock.now }).execute();
    assert.equal((await create({ email: 'stored@example.com' }, { token })).status, 401);
  });

  it('issues a licence that works at once, to a customer found by e-mail whatever its case', async () => {
    const { call, clock } = await getApp();
    clock.now = Date.UTC(2027, 0, 31, 8, 30);
    const first = await create({ email: ' Anna.Verdi@Example.com ', domain: 'https://www.Verdi.example.org/', company: 'Verdi', locale: 'it', max_sites: 2 });
    assert.equal(first.status, 201);
    assert.match(first.body.license_key, /^CHA(-[0-9A-HJKMNP-TV-Z]{4}){4}$/);
    assert.deepEqual(
      [first.body.customer.email, first.body.customer.name, first.body.customer_created, first.body.plan.code, first.body.expires_at, first.body.activation.site, first.body.max_sites, first.body.status],
      ['Anna.Verdi@Example.com', 'Anna.Verdi', true, 'pro', '2027-02-28T08:30:00.000Z', 'verdi.example.org', 2, 'active'],
    );
    const second = await create({ email: 'anna.verdi@EXAMPLE.com', months: null, perpetual: true, max_version: '2.5' });
    assert.deepEqual([second.body.customer.id, second.body.customer_created, second.body.expires_at, second.body.activation], [first.body.customer.id, false, null, null]);
    assert.notEqual(second.body.license_key, first.body.license_key);
    const verdict = await call('post', '/api/validate', { key: first.body.license_key, body: { domain: 'verdi.example.org' } });
    assert.deepEqual([verdict.body.code, verdict.body.usage.sites, verdict.body.expires_at], ['VALID', 1, first.body.expires_at]);
    const { body: customer } = await request('get', `/api/customer/${first.body.customer.id}`);
    assert.deepEqual(customer.licenses.map((license: { id: string; sites: number; key_hint: string }) => [license.id, license.sites, license.key_hint]), [
      [second.body.license_id, 0, second.body.license_key.slice(-4)],
      [first.body.license_id, 1, first.body.license_key.slice(-4)],
    ]);
    assert.ok(!JSON.stringify(customer).includes(first.body.license_key));
  });

  it('writes who did it to the audit log, with the request and without the key', async () => {
    const { deps: { db } } = await getApp();
    const { body, headers } = await create({ email: 'audit@example.com', domain: 'audit.example.org' });
    const lines = await db.selectFrom('audit_log').selectAll().where('request_id', '=', headers['x-request-id'] ?? '').orderBy('id').execute();
    assert.deepEqual(lines.map(({ actor, action }) => `${actor} ${action}`), ['api-token customer.created', 'api-token license.issued', 'api-token activation.created']);
    const groups = body.license_key.split('-').slice(1, 3).join('-');
    for (const table of ['audit_log', 'licenses', 'license_terms', 'customers'] as const) assert.ok(!JSON.stringify(await db.selectFrom(table).selectAll().execute()).includes(groups));
  });

  for (const [what, body, field] of [
    ['no months', { months: undefined }, 'body.months'],
    ['0 months', { months: 0 }, 'body.months'],
    ['121 months', { months: 121 }, 'body.months'],
    ['half a month', { months: 1.5 }, 'body.months'],
    ['months of a perpetual licence', { perpetual: true }, 'body.months'],
    ['an unknown plan', { plan: 'gold' }, 'body.plan'],
    ['an unknown product', { product: 'other' }, 'body.product'],
    ['a domain that is none', { domain: 'not a site' }, 'body.domain'],
    ['an address that is none', { email: 'somebody' }, 'body.email'],
    ['two addresses', { email: 'a@example.com, b@example.com' }, 'body.email'],
    ['no sites', { max_sites: 0 }, 'body.max_sites'],
    ['a version that is none', { max_version: 'latest' }, 'body.max_version'],
    ['a language that is none', { locale: 'italiano' }, 'body.locale'],
  ] as const) {
    it(`names the field of ${what} and creates nothing`, async () => {
      const { deps: { db } } = await getApp();
      const { status, body: { error } } = await create({ email: 'nobody@example.com', ...body });
      assert.deepEqual([status, error.code, error.field], [400, 'INVALID_REQUEST', field]);
      assert.ok(error.message.startsWith(`${field}:`), error.message);
      assert.equal(await db.selectFrom('customers').select('id').where('email_key', '=', 'nobody@example.com').executeTakeFirst(), undefined);
    });
  }

  it('creates a customer once: 201, then 200 as it is', async () => {
    const first = await request('post', '/api/customer', { email: 'Rossi@Example.com', name: 'Mario Rossi' });
    const again = await request('post', '/api/customer', { email: 'rossi@example.com', name: 'Somebody Else' });
    assert.deepEqual([first.status, again.status, again.body.name, again.body.id], [201, 200, 'Mario Rossi', first.body.id]);
  });

  it('changes what is sent of a customer, and refuses an address that another one has', async () => {
    const { body: neri } = await request('post', '/api/customer', { email: 'neri@example.com', company: 'Neri srl' });
    await request('post', '/api/customer', { email: 'bianchi@example.com' });
    const changed = await request('put', `/api/customer/${neri.id}`, { email: 'Neri@Example.org', locale: 'it', company: null });
    assert.deepEqual([changed.status, changed.body.email, changed.body.locale, changed.body.company, changed.body.name], [200, 'Neri@Example.org', 'it', null, 'neri']);
    const taken = await request('put', `/api/customer/${neri.id}`, { email: 'BIANCHI@example.com' });
    assert.deepEqual([taken.status, taken.body.error.code, taken.body.error.field], [409, 'CONFLICT', 'body.email']);
    assert.equal((await request('put', `/api/customer/${neri.id}`, {})).status, 400);
    assert.equal((await request('put', `/api/customer/${neri.id}`, { name: ' ' })).body.error.field, 'body.name');
    assert.equal((await request('put', '/api/customer/nobody', { name: 'X' })).status, 404);
  });

  it('loses none of two changes of one customer at once', async () => {
    for (let round = 0; round < 20; round += 1) {
      const { body: customer } = await request('post', '/api/customer', { email: `both${round}@example.com` });
      const answers = await Promise.all([request('put', `/api/customer/${customer.id}`, { name: 'New name' }), request('put', `/api/customer/${customer.id}`, { company: 'New company' })]);
      assert.deepEqual(answers.map(({ status }) => status), [200, 200]);
      const { body } = await request('get', `/api/customer/${customer.id}`);
      assert.deepEqual([body.name, body.company], ['New name', 'New company'], `round ${round}`);
    }
  });

  it('deletes a customer to whom nothing belongs, and no other', async () => {
    const { body: free } = await request('post', '/api/customer', { email: 'free@example.com' });
    assert.deepEqual((await request('delete', `/api/customer/${free.id}`)).body, { id: free.id, deleted: true });
    assert.equal((await request('get', `/api/customer/${free.id}`)).status, 404);
    assert.equal((await request('delete', `/api/customer/${free.id}`)).status, 404);
    const { body: { customer } } = await create({ email: 'bound@example.com' });
    const refused = await request('delete', `/api/customer/${customer.id}`);
    assert.deepEqual([refused.status, refused.body.error.code], [409, 'CUSTOMER_IN_USE']);
    assert.equal((await request('get', `/api/customer/${customer.id}`)).body.licenses.length, 1);
  });
});

onBothDatabases('an Idempotency-Key', (engine) => {
  const getApp = useTestApp(engine);
  const post = async (url: string, key: string, body: unknown) => {
    const { call, adminToken } = await getApp();
    return call('post', url, { token: adminToken, headers: { 'Idempotency-Key': key }, body });
  };
  const licensesOf = async (email: string) => {
    const { deps: { db } } = await getApp();
    return db.selectFrom('licenses').innerJoin('customers', 'customers.id', 'licenses.customer_id').select('licenses.id').where('customers.email_key', '=', email).execute();
  };

  it('brings the first answer again, word for word, and one licence', async () => {
    const body = { email: 'once@example.com', plan: 'pro', months: 1, domain: 'once.example.org' };
    const first = await post('/api/create_license', 'order-1', body);
    (await getApp()).clock.now += 60_000;
    const again = await post('/api/create_license', 'order-1', { months: 1, domain: 'once.example.org', plan: 'pro', email: 'once@example.com' });
    assert.deepEqual([first.status, first.headers['idempotent-replayed']], [201, undefined]);
    assert.deepEqual([again.status, again.headers['idempotent-replayed'], again.text], [201, 'true', first.text]);
    assert.equal((await licensesOf('once@example.com')).length, 1);
  });

  it('is refused with another body', async () => {
    const refused = await post('/api/create_license', 'order-1', { email: 'once@example.com', plan: 'agency', months: 1 });
    assert.deepEqual([refused.status, refused.body.error.code, refused.body.error.field], [422, 'IDEMPOTENCY_KEY_REUSED', 'headers.idempotency-key']);
  });

  it('of one endpoint has nothing to do with that of another', async () => {
    assert.equal((await post('/api/customer', 'order-1', { email: 'once@example.com' })).status, 200);
    assert.equal((await post('/api/customer', 'order-1', { email: 'once@example.com' })).headers['idempotent-replayed'], 'true');
  });

  it('makes one licence of twelve requests at once', async () => {
    const body = { email: 'parallel@example.com', plan: 'pro', months: 1 };
    const answers = await Promise.all(Array.from({ length: 12 }, () => post('/api/create_license', 'order-2', body)));
    assert.deepEqual(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size, 1);
    assert.equal(answers[0]?.status, 201);
    assert.equal(answers.filter(({ headers }) => headers['idempotent-replayed'] === undefined).length, 1);
    assert.equal((await licensesOf('parallel@example.com')).length, 1);
  });

  it('stays free after an error', async () => {
    assert.equal((await post('/api/create_license', 'order-3', { email: 'retry@example.com', plan: 'gold', months: 1 })).status, 400);
    assert.equal((await post('/api/create_license', 'order-3', { email: 'retry@example.com', plan: 'pro', months: 1 })).status, 201);
  });

  it('keeps the answer unreadable in the database', async () => {
    const { deps: { db } } = await getApp();
    const { body } = await post('/api/create_license', 'order-4', { email: 'sealed@example.com', plan: 'pro', months: 1 });
    const rows = await db.selectFrom('idempotency_keys').selectAll().execute();
    for (const { response_cipher } of rows) assert.ok(!Buffer.from(response_cipher).includes(body.license_key.slice(4, 13)));
  });

  it('must be printable', async () => {
    const refused = await post('/api/create_license', 'x'.repeat(191), { email: 'a@example.com', plan: 'pro', months: 1 });
    assert.deepEqual([refused.status, refused.body.error.field], [400, 'headers.idempotency-key']);
  });
});

onBothDatabases('twelve purchases of a new customer at once', (engine) => {
  const getApp = useTestApp(engine);

  it('make one customer and twelve licences', async () => {
    const { call, adminToken: token, deps: { db } } = await getApp();
    const answers = await Promise.all(Array.from({ length: 12 }, (_, index) => call('post', '/api/create_license', { token, body: { email: index % 2 ? 'RUSH@example.com' : 'rush@example.com', plan: 'pro', months: 1 } })));
    assert.deepEqual(answers.map(({ status }) => status), Array.from({ length: 12 }, () => 201));
    assert.equal(new Set(answers.map(({ body }) => body.license_key)).size, 12);
    assert.equal((await db.selectFrom('customers').select('id').where('email_key', '=', 'rush@example.com').execute()).length, 1);
  });
});
