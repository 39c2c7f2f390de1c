import { sql, type Selectable, type SqlBool } from 'kysely';
import { licensesWithin, subscriptionsWithin, type Scope } from '../access/scope.ts';
import type { Db } from '../db/database.ts';
import type { Schema } from '../db/schema.ts';
import { statusAt, type LicenseStatus } from '../licenses/license-status.rules.ts';
import { endOf } from './licenses-list.store.ts';
import { subscriptionsOfSmallScope } from './scope-size.store.ts';
import { keysetPage, type PageOf, type PageRequest } from './paging.store.ts';

export type Subscription = Selectable<Schema['subscriptions']>;
type SubscriptionLicense = { id: string; key_hint: string; status: LicenseStatus; plan: string; expires_at: number | null; grace_ms: number };
type SubscriptionRow = Pick<Subscription, 'id' | 'provider' | 'external_id' | 'status' | 'period_ends_at' | 'cancel_at' | 'payment_failed_at' | 'last_paid_at' | 'created_at'> & { customer: { id: string; name: string; email: string } | undefined; plan: string | undefined; seats: number };
export type SubscriptionFilter = { provider?: string | undefined; status?: string | undefined; /** Those whose cancellation is scheduled for before this moment; ordered by it. */ endsBefore?: number | undefined };

const matchesPerIndex = 200;
const shown = 50;

/** A page of the subscriptions that somebody may see, newest first; those that end soon are ordered by their end. With `ids` only of these. */
export async function listSubscriptions(db: Db, scope: Scope, { provider, status, endsBefore }: SubscriptionFilter, page: PageRequest, now: number, ids?: string[]): Promise<PageOf<SubscriptionRow>> {
  let query = db.selectFrom('subscriptions');
  const followed = await subscriptionsOfSmallScope(db, scope);
  if (followed) query = query.where('subscriptions.id', 'in', [...followed, '']);
  // Asked of each row: as a join MariaDB would begin with every licence of the scope.
  else if (scope.kind !== 'all') query = query.where(sql<SqlBool>`(select count(*) from licenses where licenses.subscription_id = subscriptions.id and ${licensesWithin(scope)}) > 0`);
  if (ids) query = query.where('subscriptions.id', 'in', ids);
  if (provider !== undefined) query = query.where('subscriptions.provider', '=', provider);
  if (status !== undefined) query = query.where('subscriptions.status', '=', status);
  const load = (found: string[]) => loadSubscriptions(db, found);
  if (endsBefore === undefined) return keysetPage(query, { at: 'subscriptions.created_at', id: 'subscriptions.id' }, page, load);
  return keysetPage(query.where('subscriptions.cancel_at', '>', now).where('subscriptions.cancel_at', '<=', endsBefore), { at: 'subscriptions.cancel_at', id: 'subscriptions.id' }, page, load);
}

async function loadSubscriptions(db: Db, ids: string[]): Promise<SubscriptionRow[]> {
  const rows = await db.selectFrom('subscriptions').select(['id', 'provider', 'external_id', 'status', 'period_ends_at', 'cancel_at', 'payment_failed_at', 'last_paid_at', 'created_at']).where('id', 'in', ids).execute();
  const licenses = await db
    .selectFrom('licenses')
    .innerJoin('customers', 'customers.id', 'licenses.customer_id')
    .innerJoin('plans', 'plans.id', 'licenses.plan_id')
    .select(['licenses.subscription_id', 'customers.id', 'customers.name', 'customers.email', 'plans.name as plan'])
    .where('licenses.subscription_id', 'in', ids)
    .execute();
  return rows.map((row) => {
    const own = licenses.filter(({ subscription_id: id }) => id === row.id);
    const [first] = own;
    return { ...row, customer: first && { id: first.id, name: first.name, email: first.email }, plan: first?.plan, seats: own.length };
  });
}

/** Ids of the subscriptions that a text names: the beginning of their id at the provider, or of a customer's address. */
export async function findSubscriptionIds(db: Db, text: string, emailPrefix: string): Promise<{ ids: string[]; isCut: boolean }> {
  const named = await db.selectFrom('subscriptions').select('id').where('external_id', '>=', text).where('external_id', '<', endOf(text)).limit(matchesPerIndex).execute();
  const customers = await db.selectFrom('customers').select('id').where('email_key', '>=', emailPrefix).where('email_key', '<', endOf(emailPrefix)).limit(matchesPerIndex).execute();
  const followed = customers.length === 0 ? [] : await db.selectFrom('licenses').select('subscription_id').where('customer_id', 'in', customers.map(({ id }) => id)).where('subscription_id', 'is not', null).limit(matchesPerIndex).execute();
  const ids = [...new Set([...named.map(({ id }) => id), ...followed.flatMap(({ subscription_id: id }) => id ?? [])])];
  return { ids, isCut: [named, customers, followed].some((rows) => rows.length === matchesPerIndex) };
}

export type SubscriptionDetail = {
  subscription: Subscription;
  customer: { id: string; name: string; email: string } | undefined;
  order: { id: string; number: string } | undefined;
  licenses: SubscriptionLicense[];
  changes: Selectable<Schema['subscription_changes']>[];
};

/** A subscription with its licences and what happened to it; undefined also for one that is somebody else's. */
export async function findSubscriptionDetail(db: Db, scope: Scope, id: string, now: number): Promise<SubscriptionDetail | undefined> {
  const subscription = await db.selectFrom('subscriptions').selectAll().where('subscriptions.id', '=', id).where(subscriptionsWithin(scope)).executeTakeFirst();
  if (!subscription) return undefined;
  const { provider, account, order_external_id: orderId } = subscription;
  const order = orderId === null ? undefined : await db.selectFrom('orders').select(['id', 'number', 'customer_id']).where('provider', '=', provider).where('account', '=', account).where('external_id', '=', orderId).executeTakeFirst();
  const licenses = await db
    .selectFrom('licenses')
    .innerJoin('plans', 'plans.id', 'licenses.plan_id')
    .select(['licenses.id', 'licenses.key_hint', 'licenses.status', 'licenses.expires_at', 'licenses.grace_ms', 'licenses.subscription_status', 'licenses.customer_id', 'plans.name as plan'])
    .where('licenses.subscription_id', '=', id)
    .orderBy('licenses.created_at')
    .limit(matchesPerIndex)
    .execute();
  const customerId = licenses[0]?.customer_id ?? order?.customer_id ?? null;
  return {
    subscription,
    order,
    customer: customerId === null ? undefined : await db.selectFrom('customers').select(['id', 'name', 'email']).where('id', '=', customerId).executeTakeFirst(),
    licenses: licenses.map((license) => ({ id: license.id, key_hint: license.key_hint, status: statusAt(license, now), plan: license.plan, expires_at: license.expires_at, grace_ms: license.grace_ms })),
    changes: await db.selectFrom('subscription_changes').selectAll().where('subscription_id', '=', id).orderBy('created_at', 'desc').orderBy('id', 'desc').limit(shown).execute(),
  };
}

/** Which of these e-mails have been written. */
export async function listWrittenCauses(db: Db, causes: string[]): Promise<Set<string>> {
  if (causes.length === 0) return new Set();
  return new Set((await db.selectFrom('emails').select('cause').where('cause', 'in', causes).execute()).map(({ cause }) => cause));
}
