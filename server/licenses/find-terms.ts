import type { Db } from '../db/database.ts';
import { listLicensesOfSubscription, listTermsOfTransaction } from './licenses.store.ts';

export type PaidTerm = { id: string; licenseId: string; orderLineId: string | null; isVoided: boolean };

/** The terms that one transaction of a provider paid for, among these licences. */
export async function findTermsPaidBy(db: Db, licenseIds: string[], transaction: { provider: string; account: string; transactionId: string }): Promise<PaidTerm[]> {
  if (licenseIds.length === 0) return [];
  const rows = await listTermsOfTransaction(db, licenseIds, transaction);
  return rows.map((row) => ({ id: row.id, licenseId: row.license_id, orderLineId: row.order_line_id, isVoided: row.voided_at !== null }));
}

/** The licences that a subscription has paid for. */
export function findLicensesOfSubscription(db: Db, subscription: { provider: string; account: string; subscriptionId: string }): Promise<string[]> {
  return listLicensesOfSubscription(db, subscription);
}
