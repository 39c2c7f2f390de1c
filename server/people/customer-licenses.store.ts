import { customerSuspended } from '../customers/customer-status.rules.ts';
import type { Db } from '../db/database.ts';

/** Licences that a suspension of their customer concerns: those that are neither suspended nor ended already. */
export async function listSuspendable(db: Db, customerId: string, limit: number): Promise<string[]> {
  return idsOf(await ofCustomer(db, customerId, limit).where('suspended_at', 'is', null).where('cancelled_at', 'is', null).where('revoked_at', 'is', null).execute());
}

export async function listLiftable(db: Db, customerId: string, limit: number): Promise<string[]> {
  return idsOf(await ofCustomer(db, customerId, limit).where('suspended_reason', '=', customerSuspended).execute());
}

export async function listConfirmable(db: Db, customerId: string, limit: number): Promise<string[]> {
  return idsOf(await ofCustomer(db, customerId, limit).where('confirmed_at', 'is', null).execute());
}

/** Gives all licences of a customer to a node of the tree; returns how many there were. */
export async function moveLicensesOfCustomer(db: Db, customerId: string, to: { customerId: string; organizationId: string | null }, now: number): Promise<number> {
  const { numUpdatedRows } = await db.updateTable('licenses').set({ customer_id: to.customerId, organization_id: to.organizationId, updated_at: now }).where('customer_id', '=', customerId).executeTakeFirst();
  return Number(numUpdatedRows);
}

/** How many licences of a customer count against quotas. */
export async function countCounted(db: Db, customerId: string): Promise<number> {
  const { count } = await db.selectFrom('licenses').select((eb) => eb.fn.countAll<number>().as('count')).where('customer_id', '=', customerId).where('status', '!=', 'cancelled').executeTakeFirstOrThrow();
  return count;
}

/** Locks the licences of a customer for this transaction and leaves them as they are. */
export async function lockLicensesOfCustomer(db: Db, customerId: string): Promise<void> {
  await db.updateTable('licenses').set((eb) => ({ updated_at: eb.ref('updated_at') })).where('customer_id', '=', customerId).execute();
}

function ofCustomer(db: Db, customerId: string, limit: number) {
  return db.selectFrom('licenses').select('id').where('customer_id', '=', customerId).orderBy('id').limit(limit);
}

function idsOf(rows: { id: string }[]): string[] {
  return rows.map(({ id }) => id);
}
