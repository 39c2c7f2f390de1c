import { recordAudit, type Actor } from '../audit/record-audit.ts';
import { transact, type Db } from '../db/database.ts';
import { deleteMapping, getMappingById, type ProductMapping } from './billing.store.ts';

/** The mapping with this id. Throws NOT_FOUND. */
export function getMapping(db: Db, id: string): Promise<ProductMapping> {
  return getMappingById(db, id);
}

/** Forgets what a product of a shop is to us: the next purchase of it waits until it is mapped again. What was issued stays. Throws NOT_FOUND. */
export function unmapProduct(db: Db, id: string, by: Actor, now: number): Promise<void> {
  return transact(db, async (trx) => {
    const before = await getMappingById(trx, id);
    await deleteMapping(trx, id);
    await recordAudit(trx, by, { action: 'product_mapping.deleted', entity: 'product_mapping', entityId: id, before }, now);
  });
}
