import type { Selectable } from 'kysely';
import type { Db } from '../db/database.ts';
import type { Schema } from '../db/schema.ts';

/** How many rows a page says in full; beyond that it says how many there are. */
export const shownOfEach = 20;

export type Attached = {
  licenses: { id: string; key_hint: string; status: string }[];
  licenseCount: number;
  orders: { id: string; number: string; provider: string }[];
  orderCount: number;
  subscriptionCount: number;
  users: { id: string; email: string }[];
  oldEmails: string[];
  providers: { provider: string; external_id: string; email: string }[];
};

/** Everything that belongs to a customer. */
export async function readAttached(db: Db, customer: Pick<Selectable<Schema['customers']>, 'id' | 'email' | 'email_key'>): Promise<Attached> {
  const count = async (table: 'licenses' | 'orders') => (await db.selectFrom(table).select((eb) => eb.fn.countAll<number>().as('count')).where('customer_id', '=', customer.id).executeTakeFirstOrThrow()).count;
  const oldEmails = (await db.selectFrom('customer_addresses').select('email_key').where('customer_id', '=', customer.id).orderBy('email_key').execute()).map(({ email_key }) => email_key);
  const subscriptions = await db.selectFrom('licenses').select((eb) => eb.fn.count<number>('subscription_id').distinct().as('count')).where('customer_id', '=', customer.id).executeTakeFirstOrThrow();
  return {
    licenses: await db.selectFrom('licenses').select(['id', 'key_hint', 'status']).where('customer_id', '=', customer.id).orderBy('created_at', 'desc').limit(shownOfEach).execute(),
    licenseCount: await count('licenses'),
    orders: await db.selectFrom('orders').select(['id', 'number', 'provider']).where('customer_id', '=', customer.id).orderBy('created_at', 'desc').limit(shownOfEach).execute(),
    orderCount: await count('orders'),
    subscriptionCount: subscriptions.count,
    users: await db.selectFrom('users').select(['id', 'email']).where('customer_id', '=', customer.id).limit(shownOfEach).execute(),
    oldEmails,
    providers: await db.selectFrom('provider_customers').select(['provider', 'external_id', 'email']).where('provider', 'in', ['paddle', 'stripe', 'woocommerce']).where('email', 'in', [customer.email, customer.email_key, ...oldEmails]).limit(shownOfEach).execute(),
  };
}

/** Gives orders, portal accounts and old addresses of one customer to another, and ends what signs the first one in. */
export async function moveBelongings(db: Db, from: Selectable<Schema['customers']>, toId: string, now: number): Promise<void> {
  await db.updateTable('orders').set({ customer_id: toId, updated_at: now }).where('customer_id', '=', from.id).execute();
  await db.updateTable('users').set({ customer_id: toId, updated_at: now }).where('customer_id', '=', from.id).execute();
  await db.updateTable('customer_addresses').set({ customer_id: toId }).where('customer_id', '=', from.id).execute();
  await db.updateTable('provider_customers').set({ customer_id: toId, updated_at: now }).where('customer_id', '=', from.id).execute();
  await db.deleteFrom('account_sessions').where('customer_id', '=', from.id).execute();
  await db.deleteFrom('sign_in_links').where('customer_id', '=', from.id).execute();
  await db.insertInto('customer_addresses').values({ email_key: from.email_key, customer_id: toId, created_at: now }).execute();
}
