import { recordAudit } from '../audit/record-audit.ts';
import type { Doer } from '../customers/create-customer.ts';
import { listOldEmails } from '../customers/customers.store.ts';
import { getCustomerWithin } from '../customers/get-customer.ts';
import { transact, type Db } from '../db/database.ts';
import { readPersonalRows } from './export-customer.store.ts';

/**
 * Everything that is stored of one customer, for whoever asks what is known of them: rows as they are, times in epoch ms; sealed values
 * (keys, prompts) and digests are left out. Written to the audit log. Throws NOT_FOUND.
 */
export function exportCustomer(db: Db, id: string, { scope, by }: Pick<Doer, 'scope' | 'by'>, now: number): Promise<Record<string, unknown>> {
  return transact(db, async (trx) => {
    const customer = await getCustomerWithin(trx, scope, id);
    const oldEmails = await listOldEmails(trx, id);
    const rows = await readPersonalRows(trx, id, [customer.email, customer.email_key, ...oldEmails]);
    await recordAudit(trx, by, { action: 'customer.exported', entity: 'customer', entityId: id }, now);
    return { exported_at: new Date(now).toISOString(), customer, other_addresses: oldEmails, ...rows };
  });
}
