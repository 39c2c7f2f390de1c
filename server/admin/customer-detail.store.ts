import type { Db } from '../db/database.ts';
import type { EmailRow } from './lists.store.ts';

const emailsShown = 10;
const belongingsAsked = 200;
const emailColumns = ['id', 'recipient', 'template', 'locale', 'status', 'attempts', 'last_error', 'license_id', 'created_at', 'sent_at'] as const;

/** What the AI has done for a customer in the month that began at a moment; the cost in micro-cents of a US dollar. */
export async function sumUsageOfCustomer(db: Db, customerId: string, monthStart: number): Promise<{ requests: number; tokens: number; costMicrocents: number }> {
  const sums = await db
    .selectFrom('licenses')
    .innerJoin('quota_counters', 'quota_counters.license_id', 'licenses.id')
    .select((eb) => [eb.fn.sum<number | null>('month_requests').as('requests'), eb.fn.sum<number | null>('month_tokens').as('tokens'), eb.fn.sum<number | null>('month_cost').as('cost')])
    .where('licenses.customer_id', '=', customerId)
    .where('quota_counters.scope', '=', '')
    .where('quota_counters.month_start', '=', monthStart)
    .executeTakeFirst();
  return { requests: sums?.requests ?? 0, tokens: sums?.tokens ?? 0, costMicrocents: sums?.cost ?? 0 };
}

/** The newest e-mails to a customer: to an address of theirs, about one of the newest licences, about one of the newest orders. */
export async function listEmailsOfCustomer(db: Db, customerId: string, addresses: string[]): Promise<EmailRow[]> {
  const read = () => db.selectFrom('emails').select(emailColumns).orderBy('created_at', 'desc').limit(emailsShown);
  // Named one by one: with a subquery MariaDB would rather read through all e-mails, the newest first.
  const licenses = await db.selectFrom('licenses').select('id').where('customer_id', '=', customerId).orderBy('created_at', 'desc').limit(belongingsAsked).execute();
  const orders = await db.selectFrom('orders').select('id').where('customer_id', '=', customerId).orderBy('created_at', 'desc').limit(belongingsAsked).execute();
  const lists = [
    await read().where('recipient', 'in', addresses).execute(),
    licenses.length === 0 ? [] : await read().where('license_id', 'in', licenses.map(({ id }) => id)).execute(),
    orders.length === 0 ? [] : await read().where('order_id', 'in', orders.map(({ id }) => id)).execute(),
  ];
  const rows = new Map(lists.flat().map((row) => [row.id, row]));
  return [...rows.values()].sort((a, b) => b.created_at - a.created_at || (a.id < b.id ? 1 : -1)).slice(0, emailsShown);
}

export async function countLicensesOfCustomer(db: Db, customerId: string): Promise<number> {
  return (await db.selectFrom('licenses').select((eb) => eb.fn.countAll<number>().as('count')).where('customer_id', '=', customerId).executeTakeFirstOrThrow()).count;
}
