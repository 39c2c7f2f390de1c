import { recordAudit } from '../audit/record-audit.ts';
import type { Doer } from '../customers/create-customer.ts';
import { emailKey } from '../customers/customer.rules.ts';
import { listOldEmails, takeCustomer } from '../customers/customers.store.ts';
import { getCustomerWithin } from '../customers/get-customer.ts';
import type { Db } from '../db/database.ts';
import { enqueueJob } from '../jobs/enqueue.ts';
import { anonymizeCustomer } from './erase-customer.store.ts';

/** What a customer is found by where nothing points to it. Kept for the job alone, and gone with it. */
export type Traces = { customerId: string; emails: string[]; users: { id: string; email: string }[] };

/**
 * Erases a customer, in the caller's transaction: name, addresses, notes and accounts are gone at once; a job ends the licences and goes
 * through everything else that holds personal data. Orders, their amounts, and licences without their sites stay, under nobody's name:
 * the books and the statistics stay right. It cannot be undone. Throws NOT_FOUND.
 */
export async function eraseCustomer(db: Db, id: string, { scope, by }: Pick<Doer, 'scope' | 'by'>, now: number): Promise<void> {
  await getCustomerWithin(db, scope, id);
  await takeCustomer(db, id, now);
  const customer = await getCustomerWithin(db, scope, id);
  const emails = [...new Set([customer.email, customer.email_key, ...(await listOldEmails(db, id))])];
  const users = await anonymizeCustomer(db, id, `erased-${id}@erased.invalid`, now);
  await enqueueJob(db, { kind: 'erase-customer', payload: { customerId: id, emails: [...new Set([...emails, ...users.flatMap(({ email }) => [email, emailKey(email)])])], users }, dedupeKey: `erase-customer:${id}` }, now);
  await recordAudit(db, by, { action: 'customer.erased', entity: 'customer', entityId: id }, now);
}
