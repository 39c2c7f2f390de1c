import assert from 'node:assert/strict';
import { it } from 'node:test';
import { customersWithin, everything, licensesWithin, ofLicensesWithin, ordersWithin, organizationsWithin, type Scope } from '../../server/access/scope.ts';
import { findOrCreateCustomer } from '../../server/customers/find-or-create-customer.ts';
import type { Db } from '../../server/db/database.ts';
import { newId } from '../../server/ids.ts';
import { issueLicense, manualTerm } from '../../server/licenses/issue-license.ts';
import { onBothDatabases, useTestApp, type TestApp } from '../harness.ts';

const by = { actor: 'test' };

type Node = { id: string; path: string };

async function addNode(db: Db, kind: string, parent: Node | undefined): Promise<Node> {
  const id = newId();
  const path = `${parent?.path ?? '/'}${id}/`;
  await db.insertInto('organizations').values({ id, parent_id: parent?.id ?? null, kind, name: kind, path, license_quota: null, licenses_used: 0, disabled_at: null, created_at: 1, updated_at: 1 }).execute();
  return { id, path };
}

/** A customer of a node with a licence, an order and a request; returns the id of the customer, by which the others are known. */
async function addCustomer({ deps: { db, vault, now } }: TestApp, node: Node | undefined): Promise<string> {
  const { customer } = await findOrCreateCustomer(db, { email: `${newId()}@example.com` }, by, now());
  await db.updateTable('customers').set({ organization_id: node?.id ?? null }).where('id', '=', customer.id).execute();
  const plan = await db.selectFrom('plans').selectAll().where('code', '=', 'pro').executeTakeFirstOrThrow();
  const product = await db.selectFrom('products').select('id').executeTakeFirstOrThrow();
  const { license } = await issueLicense(db, vault, { customerId: customer.id, plan, productId: product.id, term: manualTerm(12, now()) }, by, now());
  assert.equal(license.organization_id, node?.id ?? null);
  const order = { provider: 'paddle', account: 'main', number: '1', status: 'paid', currency: 'EUR', total_minor: 100, refunded_minor: 0, subscription_id: null, is_renewal: 0, paid_at: 1, snapshot_at: 1, revision: 1, created_at: 1, updated_at: 1 };
  await db.insertInto('orders').values({ ...order, id: newId(), external_id: newId(), customer_id: customer.id }).execute();
  return customer.id;
}

/** The customers whose rows a scope shows: by themselves, by licences, by orders and by what hangs on licences. */
async function seen(db: Db, scope: Scope): Promise<string[][]> {
  const customers = await db.selectFrom('customers').select('id').where(customersWithin(scope)).execute();
  const licenses = await db.selectFrom('licenses').select('customer_id as id').where(licensesWithin(scope)).execute();
  const orders = await db.selectFrom('orders').select('customer_id as id').where(ordersWithin(scope)).execute();
  const terms = await db.selectFrom('license_terms').innerJoin('licenses as owner', 'owner.id', 'license_terms.license_id').select('owner.customer_id as id').where(ofLicensesWithin(scope, 'license_terms.license_id')).execute();
  return [customers, licenses, orders, terms].map((rows) => rows.map(({ id }) => id ?? '').sort());
}

onBothDatabases('a scope', (engine) => {
  const app = useTestApp(engine);

  it('shows a node of the tree its own rows and those of all below it, never those of a neighbour, and a customer only their own', async () => {
    const test = await app();
    const { db } = test.deps;
    const reseller = await addNode(db, 'reseller', undefined);
    const company = await addNode(db, 'sub_company', reseller);
    const agent = await addNode(db, 'agent', company);
    const other = await addNode(db, 'reseller', undefined);
    const owners = { reseller: await addCustomer(test, reseller), company: await addCustomer(test, company), agent: await addCustomer(test, agent), other: await addCustomer(test, other), operator: await addCustomer(test, undefined) };
    const expected: [Scope, string[]][] = [
      [{ kind: 'organization', ...reseller }, [owners.reseller, owners.company, owners.agent]],
      [{ kind: 'organization', ...company }, [owners.company, owners.agent]],
      [{ kind: 'organization', ...agent }, [owners.agent]],
      [{ kind: 'organization', ...other }, [owners.other]],
      [{ kind: 'customer', customerId: owners.agent }, [owners.agent]],
    ];
    for (const [scope, ids] of expected) for (const found of await seen(db, scope)) assert.deepEqual(found, [...ids].sort());
    for (const found of await seen(db, everything)) for (const id of Object.values(owners)) assert.ok(found.includes(id));

    const nodes = async (scope: Scope) => (await db.selectFrom('organizations').select('id').where(organizationsWithin(scope)).orderBy('id').execute()).map(({ id }) => id);
    assert.deepEqual(await nodes({ kind: 'organization', ...company }), [company.id, agent.id].sort());
    assert.deepEqual(await nodes({ kind: 'customer', customerId: owners.agent }), []);
  });
});
