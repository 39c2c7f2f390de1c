import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isOperator, type Role } from '../server/access/access.rules.ts';
import { newId } from '../server/ids.ts';
import { issueLicense, manualTerm } from '../server/licenses/issue-license.ts';
import { normalizeSite } from '../server/licenses/site.rules.ts';
import { findOrCreateCustomer } from '../server/customers/find-or-create-customer.ts';
import { startSession } from '../server/users/sessions.ts';
import type { TestApp } from './harness.ts';
import { writeLedgerRow } from './ledger-rows.ts';
import { addUser, dashboardOf } from './people.ts';

const by = { actor: 'test' };

/** Everything that belongs to one customer: ids for addresses, what a search finds it by, and a word that stands in every row of it. */
export type Tenant = { canary: string; customer: string; license: string; order: string; subscription: string; usage: string; site: string; email: string; key: string; domain: string; orderNumber: string };

/** A customer of a node (null: the operator's own) with a licence, a site, an order, a subscription and a request. */
export async function addTenant({ deps: { db, vault, now } }: TestApp, organizationId: string | null): Promise<Tenant> {
  const at = now();
  const mark = newId().replaceAll('-', '').slice(-12);
  const canary = `canary${mark}`;
  const email = `find-${mark}@mail.example`;
  const domain = `site-${mark}.example`;
  const { customer } = await findOrCreateCustomer(db, { email, name: `${canary} name`, company: `${canary} company` }, by, at);
  await db.updateTable('customers').set({ organization_id: organizationId, notes: `${canary} notes` }).where('id', '=', customer.id).execute();
  const plan = await db.selectFrom('plans').selectAll().where('code', '=', 'agency').executeTakeFirstOrThrow();
  const product = await db.selectFrom('products').select('id').executeTakeFirstOrThrow();
  const { license, key } = await issueLicense(db, vault, { customerId: customer.id, plan, productId: product.id, term: manualTerm(12, at), site: normalizeSite(domain) }, by, at);
  const order = newId();
  await db
    .insertInto('orders')
    .values({ id: order, provider: 'paddle', account: 'main', external_id: `${canary}-order`, number: `N-${mark}`, customer_id: customer.id, status: 'paid', currency: 'EUR', total_minor: 100, refunded_minor: 0, subscription_id: null, is_renewal: 0, paid_at: at, snapshot_at: at, revision: 1, created_at: at, updated_at: at })
    .execute();
  const subscription = newId();
  await db
    .insertInto('subscriptions')
    .values({ id: subscription, provider: 'paddle', account: 'main', external_id: `${canary}-subscription`, status: 'active', order_external_id: `${canary}-order`, snapshot_at: at, created_at: at, updated_at: at, is_linked: 1, customer_external_id: null, items: null, period_ends_at: null, cancel_at: null, payment_failed_at: null, last_paid_at: at })
    .execute();
  await db.updateTable('licenses').set({ subscription_id: subscription, subscription_status: 'active' }).where('id', '=', license.id).execute();
  const usage = newId();
  await writeLedgerRow(db, license.id, at, { id: usage, site: `${canary}.example` });
  await db
    .insertInto('emails')
    .values({ id: newId(), cause: newId(), template: 'license-key', recipient: `${canary}@mail.example`, locale: 'en', data: '{}', license_id: license.id, order_id: null, message_id: newId(), status: 'sent', attempts: 1, last_error: null, created_at: at, sent_at: at })
    .execute();
  const activation = await db.selectFrom('activations').select('id').where('license_id', '=', license.id).executeTakeFirstOrThrow();
  return { canary, customer: customer.id, license: license.id, order, subscription, usage, site: activation.id, email, key, domain, orderNumber: `N-${mark}` };
}

export type Person = { role: Role; ask: (method: string, path: string, fields?: Record<string, string>) => Promise<{ status: number; text: string; location: string }> };
export type Doors = { personOf: (role: Role, place?: { organizationId?: string; customerId?: string }) => Promise<Person & { id: string }>; api: (token: string | undefined, method: string, path: string, body?: unknown) => Promise<{ status: number; text: string }>; close: () => Promise<void> };

/** Both servers listening, and people who ask them: operators at the dashboard, the others at the portal. Each request comes from an address of its own, so that no limit is met. */
export async function openDoors(app: TestApp): Promise<Doors> {
  const servers = [createServer(dashboardOf(app)), createServer(app.api)] as const;
  const [dashboard, api] = await Promise.all(servers.map(listen));
  let requests = 0;
  const address = () => `10.${(requests += 1) >> 16}.${(requests >> 8) & 255}.${requests & 255}`;
  const read = async (response: Response) => ({ status: response.status, text: await response.text(), location: response.headers.get('location') ?? '' });
  return {
    async personOf(role, place = {}) {
      const id = await addUser(app, role, place);
      const token = await startSession(app.deps.db, id, { ip: '127.0.0.1', userAgent: 'test' }, app.deps.now());
      const { csrf_token: csrf } = await app.deps.db.selectFrom('sessions').select('csrf_token').where('user_id', '=', id).executeTakeFirstOrThrow();
      const isOwn = isOperator(role);
      return {
        id,
        role,
        async ask(method, path, fields = {}) {
          const headers = { cookie: `${isOwn ? 'chatello_session' : 'chatello_portal'}=${token}`, 'x-forwarded-for': address(), ...(method === 'GET' ? {} : { 'content-type': 'application/x-www-form-urlencoded' }) };
          const body = method === 'GET' ? {} : { body: new URLSearchParams({ _csrf: csrf, ...fields }).toString() };
          return read(await fetch(`${isOwn ? dashboard : `${api}/portal`}${path}`, { method, headers, redirect: 'manual', ...body }));
        },
      };
    },
    async api(token, method, path, body) {
      const headers = { 'x-forwarded-for': address(), ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...(body === undefined ? {} : { 'content-type': 'application/json' }) };
      return read(await fetch(`${api}${path}`, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) }));
    },
    async close() {
      for (const server of servers) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
    },
  };
}

function listen(server: Server): Promise<string> {
  server.unref();
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)));
}
