import assert from 'node:assert/strict';
import { it } from 'node:test';
import { sql } from 'kysely';
import { sealAudit } from '../../server/audit/seal-audit.ts';
import { verifyAudit } from '../../server/audit/verify-audit.ts';
import { everything } from '../../server/access/scope.ts';
import { recordAudit } from '../../server/audit/record-audit.ts';
import { transact, type Db } from '../../server/db/database.ts';
import { receiveImport } from '../../server/imports/receive-import.ts';
import { newId } from '../../server/ids.ts';
import { activateDevice } from '../../server/licenses/activate-device.ts';
import { jobList } from '../../server/jobs/job-list.ts';
import { runDueJobs } from '../../server/jobs/worker.ts';
import { giveLicense } from '../../server/people/give-license.ts';
import { signedInVisitor } from '../admin-client.ts';
import { onBothDatabases, useTestApp, type TestApp } from '../harness.ts';

const canary = 'kanarienvogel';
const email = `${canary}@erase.example`;
const by = { actor: 'test' };

/** Columns of text that may hold something about a person: a canary sits in each of them, and none may be left. */
const personal = [
  'customers.email customers.email_key customers.name customers.company customers.notes customers.name_key customers.company_key customer_addresses.email_key customer_words.word',
  'licenses.domain_lock licenses.suspended_reason licenses.cancelled_reason licenses.revoked_reason license_terms.void_reason activations.site activations.fingerprint activations.name activations.name_key',
  'license_ai_settings.system_prompt license_ai_settings.allowed_topics license_ai_settings.blocked_topics provider_keys.base_url quota_counters.scope visitor_tokens.site visitor_tokens.origin visitor_tokens.visitor',
  'usage_records.site usage_records.visitor emails.recipient emails.data provider_customers.email provider_customers.name inbox.body jobs.payload jobs.last_error',
  'audit_log.actor audit_log.before_json audit_log.after_json audit_log.reason webhook_messages.payload account_sessions.email_key sign_in_links.email_key users.email users.email_key users.name sessions.ip sessions.user_agent',
  'import_items.before_json import_items.after_json idempotency_keys.idempotency_key',
].join(' ').split(' ');

/**
 * Columns of text without a person: ids, codes, settings of the operator, and what is sealed or a digest. A column that stands in neither
 * list fails this test: whoever adds one has to say what an erasure does with it.
 */
const impersonal = `
account_sessions: customer_id csrf_token | activations: id license_id kind version platform | adjustments: id provider account external_id order_external_id action status items currency | ai_providers: id name title kind base_url key_id key_hint default_model
api_tokens: id name scopes created_by organization_id revoked_by | audit_checks: id status requested_by progress | audit_log: id action entity entity_id request_id | audit_redactions: audit_id | audit_seals: audit_id
batch_licenses: batch_id license_id | batches: id kind input scope status position problems created_by | billing_cursors: name | checkout_claims: order_id | customer_addresses: customer_id | customer_words: scope_id customer_id | customers: id locale organization_id status
emails: id cause template locale license_id order_id message_id status last_error | figure_cursors: name entity_id | figure_sources: kind entity_id facts | figures: scope_id name label detail | guards: name | idempotency_keys: scope key_id
import_batches: import_id key_id | import_items: import_id kind entity_id | import_marks: import_id | import_problems: import_id phase field code entity_id | import_sources: license_id | imports: id file_name encoding delimiter status reason mapping report created_by
inbox: id provider account event_id topic status reason reason_codes | inbox_subjects: kind provider external_id inbox_id | jobs: id kind dedupe_key status waiting_for locked_by lane | license_ai_settings: license_id | license_modules: license_id module_id max_version
license_terms: id license_id provider account transaction_id order_line_id subscription_id currency | licenses: id modules key_id key_hint customer_id plan_id product_id status max_version quotas subscription_id subscription_status organization_id
model_aliases: alias provider model | model_prices: id version provider model service_tier | modules: id code name description | order_lines: id order_id external_id external_product name plan_id state | order_units: id order_line_id license_id
orders: id provider account external_id number customer_id status currency subscription_id | organizations: id parent_id kind name path | payment_links: id provider account payment_external_id order_external_id | plan_modules: plan_id module_id max_version
plans: id code name currency features feature_versions quotas allowed_models | price_versions: version note created_by | product_mappings: id provider external_id plan_id product_id | products: id code name description | provider_customers: id provider account external_id locale customer_id
provider_keys: id license_id provider key_id key_hint | quota_counters: license_id | recovery_codes: user_id | response_cache: license_id content_type provider model key_id | schema_migrations: name | secrets: name key_id | sessions: user_id csrf_token
settings: id value | sign_in_links: customer_id | subscription_changes: id cause kind subscription_id license_ids details | subscriptions: id provider account external_id status order_external_id customer_external_id items | usage_alerts: id license_id unit
usage_days: scope_id provider model plan_id key_source | usage_hours: scope_id provider | usage_months: scope_id kind entity_id | usage_records: id license_id endpoint provider model status price_version provider_request_id error_code asked_model key_source service_tier
user_links: user_id purpose | users: id password_hash role organization_id customer_id totp_key_id | visitor_tokens: license_id activation_id system_prompt | webhook_deliveries: id message_id endpoint_id status last_error reason_codes
webhook_endpoints: id url description events key_id disabled_reason | webhook_messages: id type cause
`.trim().split(/\s*[|\n]\s*/).flatMap((line) => {
  const [table = '', columns = ''] = line.split(': ');
  return columns.split(' ').map((column) => `${table}.${column}`);
});

async function textColumns(db: Db, engine: string): Promise<string[]> {
  const query = engine === 'sqlite'
    ? sql<{ name: string }>`select m.name || '.' || p.name as name from sqlite_master m join pragma_table_xinfo(m.name) p where m.type = 'table' and p.type = 'TEXT' and m.name not like 'sqlite_%' order by 1`
    : sql<{ name: string }>`select concat(table_name, '.', column_name) as name from information_schema.columns where table_schema = database() and data_type in ('varchar', 'text', 'longtext') order by 1`;
  return (await query.execute(db)).rows.map(({ name }) => name);
}

/** Where the canary is found. */
async function sightings(db: Db): Promise<string[]> {
  const tables = new Set([...personal, ...impersonal].map((name) => name.split('.')[0] ?? ''));
  const found = new Set<string>();
  for (const table of tables) {
    const { rows } = await sql<Record<string, unknown>>`select * from ${sql.table(table)}`.execute(db);
    for (const row of rows) for (const [column, value] of Object.entries(row)) if ((value instanceof Uint8Array ? Buffer.from(value).toString('utf8') : String(value)).toLowerCase().includes(canary)) found.add(`${table}.${column}`);
  }
  return [...found].sort();
}

const uncleared = 'Grün & Söhne';

/** Everything that rests sealed for a while, opened: answers to writes of the API, and lines of files that were imported. */
async function opened({ deps: { db, vault } }: TestApp): Promise<string[]> {
  const answers = await db.selectFrom('idempotency_keys').selectAll().execute();
  const batches = await db.selectFrom('import_batches').selectAll().orderBy('import_id').orderBy('number').execute();
  return [
    ...answers.map(({ scope, idempotency_key: key, key_id: keyId, response_cipher: cipher }) => `${key} ${vault.open({ keyId, cipher }, `idempotency_keys.response_cipher.${scope}.${key}`)}`),
    ...batches.map(({ import_id: id, number, key_id: keyId, cipher }) => vault.open({ keyId, cipher }, `import_batches.cipher.${id}.${number}`)),
  ];
}

/** A file of 600 lines: two name the customer, and one has made something of theirs under an address that is not known any more. */
async function plantFile({ deps }: TestApp, customerId: string): Promise<void> {
  const lines = Array.from({ length: 600 }, (_, index) => (index === 0 || index === 299 ? `${email.toUpperCase()},${canary} srl` : index === 3 ? `former@erase.example,${canary} srl` : index === 4 ? `not${email.slice(canary.length)},${uncleared}` : `${index}@other.example,Other`));
  const received = await receiveImport(deps, { stream: (async function* () { yield Buffer.from(`email,company\n${lines.join('\n')}\n`); })(), fileName: 'f.csv' }, by);
  assert.ok('importId' in received);
  await deps.db.insertInto('import_items').values({ import_id: received.importId, seq: 0, line: 5, kind: 'customer', entity_id: customerId, before_json: null, after_json: null }).execute();
}

/** A customer with a canary wherever something about a person can be. */
async function plant({ deps }: TestApp): Promise<{ customerId: string; licenseId: string; key: string; orderId: string }> {
  const { db, now } = deps;
  const at = now();
  const { license, key, customer } = await transact(db, (trx) => giveLicense(trx, deps, { customer: { email, name: `${canary} name`, company: `${canary} srl` }, plan: 'pro', months: 12, sendKey: true, site: { site: `${canary}.example`, host: `${canary}.example` }}, { role: 'superadmin', scope: everything, by }, at));
  const text = (what: string) => `${what} ${canary}`;
  const [customerId, licenseId] = [customer.id, license.id];
  await db.updateTable('customers').set({ notes: text('notes') }).where('id', '=', customerId).execute();
  await db.insertInto('customer_addresses').values({ email_key: `old-${email}`, customer_id: customerId, created_at: at }).execute();
  await db.insertInto('customer_words').values({ scope_id: '', word: canary, customer_id: customerId }).execute();
  await db.updateTable('licenses').set({ domain_lock: `${canary}.example`, suspended_reason: text('x'), cancelled_reason: text('x'), revoked_reason: text('x') }).where('id', '=', licenseId).execute();
  await db.updateTable('license_terms').set({ void_reason: text('x') }).where('license_id', '=', licenseId).execute();
  const activation = await db.selectFrom('activations').select('id').where('license_id', '=', licenseId).executeTakeFirstOrThrow();
  await activateDevice(db, { licenseId, device: { fingerprint: canary, name: canary }, limit: 2 }, { actor: `device:${canary}` }, at);
  await db.insertInto('license_ai_settings').values({ license_id: licenseId, paused_at: null, monthly_budget_microcents: null, system_prompt: text('x'), allowed_topics: text('x'), blocked_topics: text('x'), max_input_characters: null, is_moderated: 0, cache_seconds: 0, created_at: at, updated_at: at }).execute();
  await db.insertInto('provider_keys').values({ id: newId(), license_id: licenseId, provider: 'openai', base_url: `https://${canary}.example`, key_cipher: Buffer.from('x'), key_id: 'x', key_hint: 'x', tested_at: at, created_at: at, updated_at: at }).execute();
  const zero = { hour_start: 0, hour_requests: 0, hour_tokens: 0, hour_cost: 0, day_start: 0, day_requests: 0, day_tokens: 0, day_cost: 0, month_start: 0, month_requests: 0, month_tokens: 0, month_cost: 0, updated_at: at };
  await db.insertInto('quota_counters').values({ license_id: licenseId, scope: `site:${canary}.example`, ...zero }).execute();
  await db.insertInto('visitor_tokens').values({ digest: Buffer.from(newId().slice(0, 32)), license_id: licenseId, activation_id: activation.id, site: canary, origin: `https://${canary}.example`, visitor: canary, max_requests: 1, used_requests: 0, address_digest: null, system_prompt: null, created_at: at, expires_at: at + 1 }).execute();
  const usage = { license_id: licenseId, endpoint: 'chat', provider: 'openai', model: 'm', status: 'settled', charged_requests: 1, input_tokens: 1, cached_tokens: 0, output_tokens: 1, reasoning_tokens: 0, cost_microcents: 7, price_version: null, is_exact: 1, is_stream: 0, first_byte_ms: null, total_ms: null, provider_request_id: null, error_code: null, month_start: 0, hour_start: 0, expires_at: at, created_at: at, settled_at: at, asked_model: null, key_source: 'managed', service_tier: null, cache_write_tokens: 0, characters: 0, audio_ms: 0, charged_tokens: 0, charged_cost_microcents: 0, day_start: 0, is_cached: 0 };
  for (let index = 0; index < 3; index += 1) await db.insertInto('usage_records').values({ ...usage, id: newId(), site: `${canary}.example`, visitor: canary }).execute();
  const orderId = newId();
  await db.insertInto('orders').values({ id: orderId, provider: 'paddle', account: 'main', external_id: newId(), number: 'BOOK-1', customer_id: customerId, status: 'paid', currency: 'EUR', total_minor: 4_900, refunded_minor: 0, subscription_id: null, is_renewal: 0, paid_at: at, snapshot_at: at, revision: 1, created_at: at, updated_at: at }).execute();
  await db.insertInto('provider_customers').values({ id: newId(), provider: 'paddle', account: 'main', external_id: 'ctm_bird', email: email.toUpperCase(), name: text('x'), locale: 'en', snapshot_at: at, created_at: at, updated_at: at, customer_id: null }).execute();
  for (const body of [{ customer_id: 'ctm_bird', address: { first_line: text('Via') } }, { billing: { email } }]) {
    await db.insertInto('inbox').values({ id: newId(), provider: 'paddle', account: 'main', event_id: newId(), topic: 'x', body: Buffer.from(JSON.stringify(body)), status: 'handled', reason: null, deliveries: 1, occurred_at: at, received_at: at, handled_at: at }).execute();
  }
  const job = { kind: 'write-notice', dedupe_key: null, status: 'dead', run_at: at, attempts: 1, max_attempts: 1, waiting_for: null, locked_by: null, locked_until: null, created_at: at, updated_at: at, lane: 'main' };
  await db.insertInto('jobs').values([{ ...job, id: newId(), payload: JSON.stringify({ email }), last_error: null }, { ...job, id: newId(), payload: '{}', last_error: `550 ${email}` }]).execute();
  await recordAudit(db, { actor: `site:${canary}.example` }, { action: 'activation.created', entity: 'license', entityId: licenseId, before: { site: canary }, after: { site: canary }, reason: text('x') }, at);
  await db.insertInto('webhook_messages').values({ id: newId(), type: 'activation.created', cause: activation.id, payload: JSON.stringify({ site: canary }), created_at: at }).execute();
  await db.insertInto('account_sessions').values({ id: Buffer.from(newId().slice(0, 32)), customer_id: customerId, email_key: email, csrf_token: 'x', created_at: at, last_seen_at: at, expires_at: at + 1 }).execute();
  await db.insertInto('sign_in_links').values({ id: Buffer.from(newId().slice(0, 32)), customer_id: customerId, email_key: email, created_at: at, expires_at: at + 1 }).execute();
  const userId = newId();
  await db.insertInto('users').values({ id: userId, email: `portal-${email}`, email_key: `portal-${email}`, name: text('x'), password_hash: 'x', must_change_password: 0, disabled_at: null, role: 'customer', organization_id: null, customer_id: customerId, totp_key_id: null, totp_cipher: null, totp_confirmed_at: null, totp_last_step: null, last_login_at: null, created_at: at, updated_at: at, invited_at: null }).execute();
  await db.insertInto('sessions').values({ id: Buffer.from(newId().slice(0, 32)), user_id: userId, csrf_token: 'x', created_at: at, last_seen_at: at, expires_at: at + 1, ip: canary, user_agent: canary, awaits_code: 0 }).execute();
  await recordAudit(db, { actor: `user:portal-${email}` }, { action: 'user.signed_in', entity: 'user', entityId: userId }, at);
  const importId = newId();
  await db.insertInto('imports').values({ id: importId, file_name: 'f.csv', file_digest: Buffer.from('x'), header_digest: Buffer.from('x'), size_bytes: 1, encoding: 'utf-8', delimiter: ',', status: 'done', reason: null, mapping: null, report: '{}', total_lines: 1, next_line: 1, created_by: 'test', created_at: at, updated_at: at, started_at: at, finished_at: at }).execute();
  await db.insertInto('import_items').values({ import_id: importId, seq: 0, line: 1, kind: 'customer', entity_id: customerId, before_json: JSON.stringify({ email }), after_json: JSON.stringify({ email }) }).execute();
  return { customerId, licenseId, key, orderId };
}

onBothDatabases('erasing a customer', (engine) => {
  const app = useTestApp(engine);

  it('every column of text is known as one that may hold personal data or as one that does not', async () => {
    const { deps: { db } } = await app();
    const known = [...personal, ...impersonal];
    assert.deepEqual((await textColumns(db, engine)).filter((name) => !known.includes(name)), [], 'say in tests/api/erasure.test.ts what an erasure does with these');
  });

  it('leaves nothing of them in any column, keeps the books, and the audit log still proves itself', async () => {
    const test = await app();
    const { db, now } = test.deps;
    const { customerId, licenseId, key, orderId } = await plant(test);
    await plantFile(test, customerId);
    const write = (key: string, path: string, body: Record<string, unknown>, method: 'patch' | 'post' = 'post') => test.call(method, path, { token: test.adminToken, headers: { 'idempotency-key': key }, body });
    const answered = [
      await write('one', `/api/v1/customers/${customerId}`, { notes: `notes ${canary}` }, 'patch'), await write('two', `/api/v1/licenses/${licenseId}`, { max_sites: 4, reason: 'x' }, 'patch'),
      await write(`for-${email}`, '/api/v1/customers', { email: 'third@other.example' }), await write('three', '/api/v1/customers', { email: 'fourth@other.example' }),
    ];
    assert.deepEqual(answered.map(({ status }) => status), [200, 200, 201, 201]);
    await db.updateTable('licenses').set({ revoked_reason: canary }).where('id', '=', licenseId).execute();
    assert.ok((await opened(test)).filter((text) => text.toLowerCase().includes(canary) || text.includes(licenseId)).length >= 5);
    await sealAudit(test.deps);
    assert.deepEqual(await sightings(db), [...personal].sort(), 'the canary sits everywhere before');
    const { visitor: admin } = await signedInVisitor(test);
    const page = await admin.get(`/customers/${customerId}/delete`);
    for (const said of ['BOOK-1', 'Licences: 1', `portal-${email}`, 'ctm_bird']) assert.ok(page.text.includes(said) || said === 'ctm_bird', said);
    assert.equal((await admin.post(`/customers/${customerId}/delete`, { email: 'wrong' })).status, 422, 'the address has to be typed');
    const exported = await admin.post(`/customers/${customerId}/export`);
    assert.deepEqual([exported.status, exported.body.customer.email, exported.body.activations.length, exported.body.orders[0].number], [200, email, 2, 'BOOK-1']);
    assert.equal((await admin.post(`/customers/${customerId}/delete`, { email: email.toUpperCase() })).headers['location'], '/customers?done=erased');
    await runDueJobs(test.deps, jobList);
    assert.deepEqual(await sightings(db), []);
    const kept = await opened(test);
    assert.deepEqual(kept.filter((text) => text.toLowerCase().includes(canary) || text.includes(licenseId) || text.includes(customerId)), [], 'nor in what is sealed');
    assert.equal(kept.join().split('@other.example').length - 1 > 596, true, 'the other lines and answers stay');
    assert.ok(kept.join().includes(uncleared));
    assert.equal((await write('one', `/api/v1/customers/${customerId}`, { notes: `notes ${canary}` }, 'patch')).body.error.code, 'IDEMPOTENCY_KEY_REUSED', 'what was answered is not done again');
    assert.equal((await write('three', '/api/v1/customers', { email: 'fourth@other.example' })).headers['idempotent-replayed'], 'true');
    assert.equal((await admin.get(`/customers/${customerId}`)).status, 404);
    assert.ok(!(await admin.get('/customers')).text.includes('erased.invalid'));
    const order = await db.selectFrom('orders').select(['number', 'total_minor', 'customer_id']).where('id', '=', orderId).executeTakeFirstOrThrow();
    assert.deepEqual([order.number, order.total_minor, order.customer_id], ['BOOK-1', 4_900, customerId]);
    assert.equal((await db.selectFrom('usage_records').select('id').where('license_id', '=', licenseId).where('cost_microcents', '=', 7).execute()).length, 3, 'what was used stays counted');
    assert.equal((await test.call('post', '/api/validate', { key })).body.code, 'CANCELLED');
    assert.equal((await test.call('post', `/api/v1/licenses/${licenseId}/reactivate`, { token: test.adminToken, body: { reason: 'x' } })).status, 409);
    await sealAudit(test.deps);
    assert.deepEqual((await verifyAudit(db)).problems, [], 'emptied lines are no forgery');
    await db.updateTable('audit_log').set({ after_json: '{"forged":true}' }).where('entity', '=', 'license').where('entity_id', '=', licenseId).where('action', '=', 'license.issued').execute();
    assert.equal((await verifyAudit(db)).problemCount, 1, 'but a line that is filled again is');
    assert.ok(now() > 0);
  });
});
