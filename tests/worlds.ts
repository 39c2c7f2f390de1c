import { createToken } from '../server/api-tokens/create-token.ts';
import { newId } from '../server/ids.ts';
import { emptyReport } from '../server/imports/report.rules.ts';
import { startSession } from '../server/users/sessions.ts';
import { addEndpoint } from '../server/webhooks/manage-endpoints.ts';
import type { Role } from '../server/access/access.rules.ts';
import { licensesOf, sendWoo, wooOrder, work } from './deliveries.ts';
import type { TestApp } from './harness.ts';
import { addNode, addUser } from './people.ts';
import { addTenant } from './tenants.ts';

/** What a role works on: ids and texts by the words that stand for them in page-actions.ts. */
export type World = Record<string, string>;
type Node = { id: string; path: string };

const by = { actor: 'test' };
const before = 86_400_000;

/** Rows of a role's own, for each thing that somebody may do: nothing that one role does is in the way of another. `node`: whose customers they are. */
export async function addWorld(app: TestApp, role: Role, node: Node | undefined): Promise<World> {
  const { db, now } = { db: app.deps.db, now: app.deps.now() };
  const organizationId = node?.id ?? null;
  const main = await addTenant(app, organizationId);
  const world: World = { role, node: node?.id ?? '', ...pick(main), name: `${main.canary} name`, ending: main.key.slice(-4) };
  if (role === 'customer' || role === 'agent') return world;
  // Each of these is done away with, changed for good or confirmed.
  const [pending, waiting, other, gone, locked] = await Promise.all(Array.from({ length: 5 }, () => addTenant(app, organizationId)));
  Object.assign(world, { pending: pending?.customer, waiting: waiting?.license, otherEmail: other?.email, gone: gone?.customer, goneEmail: gone?.email, locked: locked?.license });
  await db.updateTable('customers').set({ status: 'pending' }).where('id', '=', world['pending'] ?? '').execute();
  await db.updateTable('licenses').set({ status: 'pending', confirmed_at: null }).where('id', '=', world['waiting'] ?? '').execute();
  await db.updateTable('licenses').set({ domain_lock: locked?.domain ?? null }).where('id', '=', world['locked'] ?? '').execute();
  const below = await addNode(app, role === 'superadmin' || role === 'support' ? 'reseller' : role === 'reseller' ? 'sub_company' : 'agent', node);
  const belowRole = role === 'reseller' ? 'sub_company' : role === 'sub_company' ? 'agent' : 'reseller';
  const [member, guest] = [await addUser(app, belowRole, { organizationId: below.id }), await addUser(app, belowRole, { organizationId: below.id })];
  await db.updateTable('users').set({ totp_confirmed_at: now }).where('id', '=', member).execute();
  await db.updateTable('users').set({ invited_at: now }).where('id', '=', guest).execute();
  for (let count = 0; count < 2; count += 1) await startSession(db, member, { ip: '192.0.2.7', userAgent: 'Firefox/145.0' }, now);
  if (role !== 'sub_company') {
    // One more level down, and another place of the kind above it.
    const movable = await addNode(app, role === 'reseller' ? 'agent' : 'sub_company', below);
    Object.assign(world, { movable: movable.id, elsewhere: (await addNode(app, role === 'reseller' ? 'sub_company' : 'reseller', node)).id });
  }
  Object.assign(world, { below: below.id, member, guest });
  return role === 'superadmin' || role === 'support' ? { ...world, ...(await addOperation(app)) } : world;
}

/** What only the operator's people see. */
async function addOperation(app: TestApp): Promise<World> {
  const { deps: { db, vault } } = app;
  const now = app.deps.now();
  const order = wooOrder();
  await sendWoo(app, order);
  await work(app);
  const sale = (await licensesOf(app)).find((row) => row.order === String(order.id));
  const [email, delivery, endpoint, stopped] = [newId(), newId(), newId(), newId()];
  await db.insertInto('emails').values({ id: email, cause: email, template: 'license-key', recipient: `${email}@mail.example`, locale: 'en', data: '{}', license_id: sale?.id ?? null, order_id: sale?.order_id ?? null, message_id: `<${email}@test>`, status: 'failed', attempts: 5, last_error: 'No such mailbox (550).', created_at: now - before, sent_at: null }).execute();
  await db.insertInto('inbox').values({ id: delivery, provider: 'woocommerce', account: 'main', event_id: delivery, topic: 'order.updated', body: Buffer.from('{"id":7,"line_items":[]}'), status: 'dead', reason: 'The shop said nothing that is known.', deliveries: 1, occurred_at: null, received_at: now - before, handled_at: null }).execute();
  await addEndpoint(db, vault, endpoint, { url: `https://hooks.invalid/${endpoint}`, description: null, events: ['*'] }, by, now);
  const { stored } = await createToken(db, { name: `Old ${endpoint}`, scopes: ['orders.read'], organizationId: null, expiresAt: null }, by, now);
  const jobs = ['send-email', 'send-email', 'write-back-order'].map((kind) => ({ id: newId(), kind, payload: JSON.stringify({ emailId: newId(), orderId: newId() }), dedupe_key: null, status: 'dead', run_at: now, attempts: 10, max_attempts: 10, waiting_for: null, locked_by: null, locked_until: null, last_error: 'Given up.', lane: 'main', created_at: now, updated_at: now }));
  await db.insertInto('jobs').values(jobs).execute();
  const none = Buffer.alloc(32);
  await db.insertInto('imports').values({ id: stopped, file_name: 'stopped.csv', file_digest: none, header_digest: none, size_bytes: 10, encoding: 'utf-8', delimiter: ',', status: 'running', reason: 'The disk was full.', mapping: null, report: JSON.stringify(emptyReport()), total_lines: 1, next_line: 1, created_by: 'test', created_at: now, updated_at: now, started_at: now, finished_at: null }).execute();
  await db.insertInto('ai_providers').values({ id: newId(), name: `p${endpoint.slice(-8)}`, title: 'Spare', kind: 'openai', base_url: 'https://spare.invalid/v1', key_cipher: null, key_id: null, key_hint: null, default_model: null, is_enabled: 0, position: 9, created_at: now, updated_at: now }).execute();
  const mapping = await db.selectFrom('product_mappings').select('id').executeTakeFirstOrThrow();
  const prices = await db.selectFrom('price_versions').select('version').orderBy('valid_from', 'desc').executeTakeFirstOrThrow();
  return { sale: sale?.order_id ?? '', message: email, delivery, endpoint, stopped, token: stored.id, job: jobs[0]?.id ?? '', retried: jobs[1]?.id ?? '', provider: `p${endpoint.slice(-8)}`, mapping: mapping.id, prices: prices.version };
}

function pick({ customer, license, order, subscription, site, email }: Awaited<ReturnType<typeof addTenant>>): World {
  return { customer, license, order, subscription, site, email };
}
