import assert from 'node:assert/strict';
import { it } from 'node:test';
import express from 'express';
import supertest from 'supertest';
import { z } from 'zod';
import { apiRoutes } from '../../server/api.ts';
import { changeCustomer } from '../../server/customers/change-customer.ts';
import { errorHandler } from '../../server/http/error-handler.ts';
import { idParams } from '../../server/http/admin-route.ts';
import { adminWrite } from '../../server/http/admin-write.ts';
import { mountRoutes } from '../../server/http/route.ts';
import { currentRecord } from '../../server/records/records.ts';
import { customerRecords } from '../../server/records/customers.records.ts';
import { onBothDatabases, useTestApp, type CallOptions } from '../harness.ts';

onBothDatabases('the conventions of /api/v1', (engine) => {
  const getApp = useTestApp(engine);
  const get = async (path: string, options: CallOptions = {}) => {
    const { call, adminToken } = await getApp();
    return call('get', path, { token: adminToken, ...options });
  };
  const walk = async (path: string): Promise<{ id: string }[]> => {
    const rows: { id: string }[] = [];
    for (let cursor: string | undefined; ; ) {
      const { status, body } = await get(cursor === undefined ? path : `${path}&cursor=${encodeURIComponent(cursor)}`);
      assert.equal(status, 200, JSON.stringify(body));
      rows.push(...body.data);
      if (body.next_cursor === null) return rows;
      cursor = body.next_cursor;
    }
  };

  it('hold for every endpoint: a scope, its errors, an Idempotency-Key on writes, tags on reads and changes', async () => {
    const { deps } = await getApp();
    const specs = apiRoutes(deps).map(({ spec }) => spec);
    for (const spec of specs.filter(({ auth }) => auth === 'admin')) {
      const name = `${spec.method} ${spec.path}`;
      assert.ok(spec.scope !== undefined, `${name} names no scope`);
      assert.ok(spec.before !== undefined, `${name} asks for no token`);
      assert.ok(spec.errors !== undefined, `${name} does not say how it can fail`);
      if (!spec.path.startsWith('/api/v1/')) continue;
      const headers = Object.keys(spec.headers?.shape ?? {});
      if (spec.method === 'get') assert.ok(headers.includes('if-none-match') || spec.path.startsWith('/api/v1/exports/'), `${name} has no ETag`);
      // A file that is sent as a stream cannot be held against the one before, and a search changes nothing.
      else if (spec.body !== 'stream' && spec.operationId !== 'search') assert.ok(headers.includes('idempotency-key'), `${name} takes no Idempotency-Key`);
      if (spec.method === 'put' || spec.method === 'patch') assert.ok(headers.includes('if-match'), `${name} takes no If-Match`);
    }
    const ids = specs.map(({ operationId }) => operationId);
    assert.equal(new Set(ids).size, ids.length, 'two endpoints have the same operationId');
    const paths = specs.map(({ method, path }) => `${method} ${path}`);
    assert.equal(new Set(paths).size, paths.length, 'two endpoints are the same');
  });

  it('a list is read to its end by its cursor, every row once, in every order, also when times are the same', async () => {
    const { deps: { db }, clock } = await getApp();
    const customer = (index: number) => ({ id: `00000000-0000-7000-8000-${String(index * 7919 % 100_000).padStart(12, '0')}`, email: `c${index}@example.com`, email_key: `c${index}@example.com`, name: `C ${index}`, company: null, locale: 'en', status: 'validated', created_at: clock.now - (index % 5), updated_at: clock.now });
    await db.insertInto('customers').values(Array.from({ length: 57 }, (_, index) => customer(index))).execute();
    const expected = (await db.selectFrom('customers').select(['id', 'email_key', 'created_at']).execute()).sort((a, b) => a.created_at - b.created_at || (a.id < b.id ? -1 : 1)).map(({ id }) => id);
    assert.deepEqual((await walk('/api/v1/customers?limit=10&sort=created_at')).map(({ id }) => id), expected);
    assert.deepEqual((await walk('/api/v1/customers?limit=10')).map(({ id }) => id), expected.toReversed());
    const byEmail = (await walk('/api/v1/customers?limit=9&sort=email')) as unknown as { email: string }[];
    assert.deepEqual(byEmail.map(({ email }) => email), byEmail.map(({ email }) => email).toSorted());
    assert.equal(byEmail.length, expected.length);
  });

  it('a page that has gone meanwhile leaves out what has gone, and the list goes on', async () => {
    const { deps: { db } } = await getApp();
    const first = await get('/api/v1/customers?limit=5&sort=email');
    await db.deleteFrom('customers').where('id', '=', first.body.data[4].id).execute();
    const second = await get(`/api/v1/customers?limit=5&sort=email&cursor=${first.body.next_cursor}`);
    assert.equal(second.body.data.length, 5);
    assert.ok(second.body.data[0].email > first.body.data[4].email);
  });

  it('whatever fits no parameter is refused by its name', async () => {
    const { body: { next_cursor: cursor } } = await get('/api/v1/customers?limit=1');
    for (const [query, field] of [
      ['limit=0', 'query.limit'], ['limit=101', 'query.limit'], ['limit=ten', 'query.limit'], ['limit=', 'query.limit'], ['limit=1&limit=2', 'query.limit'],
      ['cursor=', 'query.cursor'], ['cursor=x', 'query.cursor'], ['cursor=W10', 'query.cursor'], [`cursor=${cursor}&sort=email`, 'query.cursor'], [`cursor=${cursor}x%00`, 'query.cursor'],
      ['sort=name', 'query.sort'], ['created_from=yesterday', 'query.created_from'], ['email=nobody', 'query.email'], ['emial=a@example.com', 'query'],
    ] as const) {
      const { status, body } = await get(`/api/v1/customers?${query}`);
      assert.deepEqual([status, body.error?.code, body.error?.field], [400, 'INVALID_REQUEST', field], query);
    }
  });

  it('filters find what they say and nothing else', async () => {
    const { clock } = await getApp();
    const one = await get('/api/v1/customers?email=C7@Example.COM');
    assert.deepEqual(one.body.data.map(({ email }: { email: string }) => email), ['c7@example.com']);
    assert.equal((await get(`/api/v1/customers?created_from=${new Date(clock.now + 1).toISOString()}`)).body.data.length, 0);
    assert.deepEqual((await get('/api/v1/customers?email=nobody@example.com')).body, { data: [], next_cursor: null });
  });

  it('an answer that has not changed is not sent again', async () => {
    const { deps: { db } } = await getApp();
    const { body: { data: [{ id }] } } = await get('/api/v1/customers?limit=1');
    for (const path of [`/api/v1/customers/${id}`, '/api/v1/customers?limit=3']) {
      const first = await get(path);
      const tag = first.headers['etag'] ?? '';
      assert.match(tag, /^"[\w-]{27}"$/);
      const again = await get(path, { headers: { 'If-None-Match': `"other", W/${tag}` } });
      assert.deepEqual([again.status, again.text, again.headers['etag']], [304, '', tag]);
      await db.updateTable('customers').set({ name: `Changed ${path.length}` }).where('id', '=', id).execute();
      assert.equal((await get(path, { headers: { 'If-None-Match': tag } })).status, 200);
    }
  });

  it('a change on the strength of an old reading is refused, and of two at once one comes through', async () => {
    const { deps, adminToken } = await getApp();
    const customers = currentRecord(deps, customerRecords);
    const change = adminWrite(
      deps,
      { method: 'patch', path: '/api/v1/test/:id', operationId: 'changeForATestThatHasAVeryLongName', tag: 'Customers', summary: 'x', scope: 'customers.write', params: idParams('customer'), body: z.object({ name: z.string() }), responses: { 200: { description: 'x' } }, current: customers },
      async ({ trx, params: { id }, body, caller, at }) => {
        await changeCustomer(trx, id, body, caller.by, at);
        return { body: await customers.read(trx, { id }, caller) };
      },
    );
    const app = express();
    mountRoutes(app, [change]);
    app.use(errorHandler(deps));
    const patch = (id: string, name: string, headers: Record<string, string>) => supertest(app).patch(`/api/v1/test/${id}`).set('Authorization', `Bearer ${adminToken}`).set(headers).send({ name });
    const { body: { data: [{ id }] } } = await get('/api/v1/customers?limit=1');
    const { headers: { etag: tag = '' } } = await get(`/api/v1/customers/${id}`);
    const answers = await Promise.all(['A', 'B', 'C', 'D'].map((name) => patch(id, name, { 'If-Match': tag })));
    assert.deepEqual(answers.map(({ status }) => status).toSorted((a, b) => a - b), [200, 412, 412, 412], answers.map(({ text }) => text).join('\n'));
    const won = answers.find(({ status }) => status === 200);
    assert.equal((await get(`/api/v1/customers/${id}`)).headers['etag'], won?.headers['etag'], 'the answer of the change has the tag of what GET reads');
    const refused = await patch(id, 'E', { 'If-Match': tag });
    assert.deepEqual([refused.body.error.code, refused.body.error.field], ['PRECONDITION_FAILED', 'headers.if-match']);
    assert.equal((await patch(id, 'F', { 'If-Match': '*' })).status, 200);
    assert.equal((await patch('nobody', 'F', { 'If-Match': '*' })).status, 404);
    // The repetition of a change brings its answer, though the thing is no longer as it was before.
    const { headers: { etag: current = '' } } = await get(`/api/v1/customers/${id}`);
    const once = { 'If-Match': current, 'Idempotency-Key': 'rename' };
    assert.deepEqual([(await patch(id, 'G', once)).status, (await patch(id, 'G', once)).headers['idempotent-replayed']], [200, 'true']);
    const { body: { data: [, { id: other }] } } = await get('/api/v1/customers?limit=2');
    assert.equal((await patch(other, 'G', { 'Idempotency-Key': 'rename' })).status, 422, 'a key stands for one thing only');
  });

  it('every answer says how many requests are left', async () => {
    const { headers } = await get('/api/v1/customers?limit=1');
    assert.deepEqual([headers['ratelimit-limit'], Number(headers['ratelimit-remaining']) < 1_200, Number(headers['ratelimit-reset']) <= 60], ['1200', true, true]);
  });
});
