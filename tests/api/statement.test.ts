import assert from 'node:assert/strict';
import { it } from 'node:test';
import { transact } from '../../server/db/database.ts';
import { changeLicense } from '../../server/licenses/change-license.ts';
import { developmentKey } from '../../server/licenses/seed-development-license.ts';
import { signedInVisitor } from '../admin-client.ts';
import { onBothDatabases, useTestApp } from '../harness.ts';
import { writeLedgerRow } from '../ledger-rows.ts';

/** CSV by RFC 4180, read the plain way. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [[]];
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|$)/g)) {
    rows.at(-1)?.push(quoted === undefined ? (plain ?? '') : quoted.replaceAll('""', '"'));
    if (end === '\r\n') rows.push([]);
  }
  return rows.filter((row) => row.length > 1);
}

onBothDatabases('the monthly statement', (engine) => {
  const app = useTestApp(engine);
  const key = developmentKey;
  const november = Date.UTC(2026, 10, 1);
  const hour = 3_600_000;
  const open = async () => {
    const test = await app();
    const { id } = await test.deps.db.selectFrom('licenses').select('id').where('key_digest', '=', test.deps.vault.digest(key.replaceAll('-', ''))).executeTakeFirstOrThrow();
    return { ...test, id };
  };

  it('says of a month without requests that there were none', async () => {
    const { call } = await open();
    const { status, body } = await call('get', '/api/v1/statements/2026-10', { key });
    assert.equal(status, 200);
    assert.deepEqual([body.month, body.from, body.until, body.lines, body.totals.cost_usd, body.message], ['2026-10', '2026-10-01T00:00:00.000Z', '2026-11-01T00:00:00.000Z', [], '0.00000000', 'No AI request was made with this licence in 2026-10.']);
    const csv = await call('get', '/api/v1/statements/2026-10?format=csv', { key });
    assert.equal(parseCsv(csv.text).length, 1);
  });

  it('refuses a month that is none or has not begun, and another format, and names the field', async () => {
    const { call } = await open();
    for (const month of ['2026-13', 'november', '2026-12', '2026-11-21', '%00', '2026']) {
      const { status, body } = await call('get', `/api/v1/statements/${month}`, { key });
      assert.deepEqual([status, body.error.code, body.error.field], [400, 'INVALID_REQUEST', 'path.month'], month);
    }
    const { status, body } = await call('get', '/api/v1/statements/2026-11?format=xml', { key });
    assert.deepEqual([status, body.error.field], [400, 'query.format']);
    assert.equal((await call('get', '/api/v1/statements/2026-11', { key: 'CHA-0000-0000-0000-0000' })).status, 401);
    assert.equal((await call('get', '/api/v1/statements/2026-11')).status, 400);
  });

  it('has the same sums as JSON and as CSV, day by day, and no model name acts as a formula', async () => {
    const { call, deps, id } = await open();
    await writeLedgerRow(deps.db, id, november, { input_tokens: 100, cached_tokens: 40, output_tokens: 7, cost_microcents: 123_456_789 });
    await writeLedgerRow(deps.db, id, november + hour, { input_tokens: 1, output_tokens: 1, cost_microcents: 1 });
    await writeLedgerRow(deps.db, id, november + 30 * hour, { model: '=HYPERLINK("http://evil","x"),y', status: 'failed', charged_requests: 0 });
    await writeLedgerRow(deps.db, id, november + 31 * hour, { key_source: 'own', charged_requests: 0, is_cached: 1, reasoning_tokens: 3, output_tokens: 3 });
    await writeLedgerRow(deps.db, id, november + 32 * hour, { status: 'reserved', charged_tokens: 5_000 });
    const { body } = await call('get', '/api/v1/statements/2026-11', { key });
    assert.equal(body.message, null);
    assert.deepEqual([body.totals.calls, body.totals.requests, body.totals.cost_usd, body.totals.failed_calls, body.totals.cached_answers], [4, 2, '1.23456790', 1, 1]);
    assert.deepEqual(body.lines.map((line: { day: string; calls: number; key_source: string }) => [line.day, line.calls, line.key_source]), [['2026-11-01', 2, 'managed'], ['2026-11-02', 1, 'managed'], ['2026-11-02', 1, 'own']]);
    const csv = await call('get', '/api/v1/statements/2026-11?format=csv', { key });
    assert.deepEqual([csv.status, csv.headers['content-type'], csv.headers['content-disposition']], [200, 'text/csv; charset=utf-8; header=present', 'attachment; filename="statement-2026-11.csv"']);
    const [head = [], ...rows] = parseCsv(csv.text);
    const lines = rows.map((row) => Object.fromEntries(row.map((cell, index) => [head[index], cell])) as Record<string, string>);
    assert.equal(lines[1]?.['model'], `'=HYPERLINK("http://evil","x"),y`);
    for (const [index, line] of lines.entries()) for (const [name, value] of Object.entries(line)) assert.equal(value.replace(/^'/, ''), String(body.lines[index][name]), name);
    const total = lines.reduce((sum, line) => sum + BigInt((line['cost_usd'] ?? '').replace('.', '')), 0n);
    assert.equal(total, 123_456_790n);
  });

  it('does not look at the counters, and is there for a suspended licence too', async () => {
    const { call, deps, clock, id } = await open();
    const before = (await call('get', '/api/v1/statements/2026-11', { key })).text;
    await deps.db.deleteFrom('quota_counters').execute();
    await transact(deps.db, (trx) => changeLicense(trx, id, { type: 'suspend', reason: 'unpaid' }, { actor: 'test' }, clock.now));
    assert.equal((await call('get', '/api/v1/statements/2026-11', { key })).text, before);
  });

  it('is a page with the same totals, a way to other months and the CSV', async () => {
    const test = await open();
    const { visitor: admin } = await signedInVisitor(test);
    const page = await admin.get(`/licenses/${test.id}/statement?month=2026-11`);
    assert.equal(page.status, 200);
    for (const text of ['November 2026', 'US$1.2345679', 'month=2026-10', 'customer&#x27;s own key', 'answered from the cache: 1', 'failed: 1', '&#x3D;HYPERLINK']) assert.ok(page.text.includes(text), text);
    assert.ok(!page.text.includes('month=2026-12'), 'there is no month after the running one');
    assert.match((await admin.get(`/licenses/${test.id}/statement?month=2026-10`)).text, /No AI request was made with this licence in October 2026\..*|month=2026-11/);
    assert.match((await admin.get(`/licenses/${test.id}`)).text, /\/statement"/);
    const csv = await admin.get(`/licenses/${test.id}/statement.csv?month=2026-11`);
    assert.deepEqual([csv.status, csv.headers['content-type'], parseCsv(csv.text).length], [200, 'text/csv; charset=utf-8; header=present', 4]);
    for (const month of ['2026-12', 'x', '<script>']) {
      const { status, text } = await admin.get(`/licenses/${test.id}/statement?month=${encodeURIComponent(month)}`);
      assert.deepEqual([status, text.includes('id="error-month"'), text.includes('<script>x')], [400, true, false], month);
      assert.equal((await admin.get(`/licenses/${test.id}/statement.csv?month=${encodeURIComponent(month)}`)).status, 400);
    }
    assert.match((await admin.get(`/licenses/${test.id}/statement?month=2026-11`, { 'accept-language': 'it' })).text, /novembre 2026.*1,2345679/s);
    assert.equal((await admin.get('/licenses/x/statement')).status, 404);
    assert.equal((await admin.get('/licenses/x/statement.csv?month=2026-11')).status, 404);
  });
});
