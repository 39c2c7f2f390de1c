import { recordAudit, type Actor } from '../audit/record-audit.ts';
import { transact, type Db } from '../db/database.ts';
import { AppError } from '../errors.ts';
import { newId } from '../ids.ts';
import { defaultProductCode, getProduct } from './get-plan.ts';
import { insertProduct, updateProduct, type Product } from './plans.store.ts';

/** Adds a product. Throws CONFLICT when the code is taken. */
export function createProduct(db: Db, { code, name }: { code: string; name: string }, by: Actor, now: number): Promise<Product> {
  return transact(db, async (trx) => {
    const product: Product = { id: newId(), code, name, archived_at: null, created_at: now, updated_at: now };
    if (!(await insertProduct(trx, product))) throw new AppError('CONFLICT', `There is a product with the code "${code}" already.`, { field: 'code' });
    await recordAudit(trx, by, { action: 'product.created', entity: 'product', entityId: product.id, after: { product: code, name } }, now);
    return product;
  });
}

/** Renames a product. Throws NOT_FOUND. */
export function changeProduct(db: Db, code: string, { name }: { name: string }, by: Actor, now: number): Promise<Product> {
  return transact(db, async (trx) => {
    const product = await getProduct(trx, code);
    if (product.name === name) return product;
    await updateProduct(trx, product.id, { name, updated_at: now });
    await recordAudit(trx, by, { action: 'product.changed', entity: 'product', entityId: product.id, before: { name: product.name }, after: { product: code, name } }, now);
    return { ...product, name, updated_at: now };
  });
}

/** Takes a product off the list of what can be chosen, or puts it back; its licences go on. Throws NOT_FOUND, and CONFLICT for the product that is meant when none is named. */
export function archiveProduct(db: Db, code: string, isArchived: boolean, by: Actor, now: number): Promise<Product> {
  return transact(db, async (trx) => {
    const product = await getProduct(trx, code);
    if ((product.archived_at !== null) === isArchived) return product;
    if (isArchived && product.code === defaultProductCode) throw new AppError('CONFLICT', 'This product is meant wherever none is named, so it cannot be archived. Rename it instead.');
    const changes = { archived_at: isArchived ? now : null, updated_at: now };
    await updateProduct(trx, product.id, changes);
    await recordAudit(trx, by, { action: isArchived ? 'product.archived' : 'product.restored', entity: 'product', entityId: product.id, after: { product: code } }, now);
    return { ...product, ...changes };
  });
}
