import type { Selectable } from 'kysely';
import type { Db } from '../db/database.ts';
import type { Schema } from '../db/schema.ts';

export type PricedPlan = Pick<Selectable<Schema['plans']>, 'id' | 'code' | 'name' | 'ai_proxy' | 'max_sites' | 'monthly_requests' | 'monthly_price_cents' | 'yearly_price_cents' | 'currency'>;
export type MappedPrice = { plan_id: string; months: number; external_id: string };

export function listPricedPlans(db: Db): Promise<PricedPlan[]> {
  return db.selectFrom('plans').select(['id', 'code', 'name', 'ai_proxy', 'max_sites', 'monthly_requests', 'monthly_price_cents', 'yearly_price_cents', 'currency']).where('archived_at', 'is', null).orderBy('position').execute();
}

/** The price ids of Paddle that are mapped to a plan, the newest first. */
export async function listPaddlePrices(db: Db): Promise<MappedPrice[]> {
  const rows = await db.selectFrom('product_mappings').select(['plan_id', 'months', 'external_id']).where('provider', '=', 'paddle').orderBy('updated_at', 'desc').orderBy('id', 'desc').execute();
  return rows.flatMap(({ plan_id, months, external_id }) => (plan_id === null || months === null || !external_id.startsWith('pri_') ? [] : [{ plan_id, months, external_id }]));
}

type ClaimRow = Selectable<Schema['checkout_claims']>;

export async function insertClaim(db: Db, claim: ClaimRow): Promise<void> {
  await db.insertInto('checkout_claims').values(claim).execute();
}

/** Gives a claim that has none its order; a claim that has one, or is too old, stays as it is. */
export async function setClaimedOrder(db: Db, id: Uint8Array, orderId: string, now: number): Promise<void> {
  await db.updateTable('checkout_claims').set({ order_id: orderId }).where('id', '=', id).where('order_id', 'is', null).where('expires_at', '>', now).execute();
}

export function findLiveClaim(db: Db, id: Uint8Array, now: number): Promise<ClaimRow | undefined> {
  return db.selectFrom('checkout_claims').selectAll().where('id', '=', id).where('expires_at', '>', now).executeTakeFirst();
}

/** The licences that an order has issued and that were not taken back, in the order of the issue, with the customer who has them. */
export function listLicensesOfOrder(db: Db, orderId: string): Promise<{ license_id: string; customer_id: string }[]> {
  return db
    .selectFrom('order_units')
    .innerJoin('order_lines', 'order_lines.id', 'order_units.order_line_id')
    .innerJoin('licenses', 'licenses.id', 'order_units.license_id')
    .select(['order_units.license_id', 'licenses.customer_id'])
    .where('order_lines.order_id', '=', orderId)
    .where('licenses.revoked_at', 'is', null)
    .orderBy('order_units.id')
    .execute();
}
