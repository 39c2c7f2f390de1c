import { createHash } from 'node:crypto';
import type { Insertable } from 'kysely';
import { databaseHandles, transact, type Db } from '../../server/db/database.ts';
import type { Schema } from '../../server/db/schema.ts';
import { newId } from '../../server/ids.ts';
import { canonicalLicenseKey, generateLicenseKey } from '../../server/licenses/license-key.rules.ts';
import type { Vault } from '../../server/vault.ts';

const batchSize = 1_000;
const licensesPerCustomer = 5;

/** The key of the n-th licence: the same in every run, so that the load generator need not read the database. */
export function benchKey(index: number): string {
  return generateLicenseKey((count) => createHash('sha256').update(`licence ${index}`).digest().subarray(0, count));
}

export function benchSite(index: number): string {
  return `shop-${index}.example.net`;
}

/** Fills a migrated and seeded database with `count` active licences, each in use on one site. */
export async function seedLicenses(db: Db, vault: Vault, count: number, now: number): Promise<void> {
  const plan = await db.selectFrom('plans').select('id').where('code', '=', 'pro').executeTakeFirstOrThrow();
  const product = await db.selectFrom('products').select('id').executeTakeFirstOrThrow();
  const rowsPerStatement = databaseHandles(db).engine === 'sqlite' ? 100 : batchSize;
  let customerId = '';
  for (let start = 0; start < count; start += batchSize) {
    const customers: Insertable<Schema['customers']>[] = [];
    const licenses: Insertable<Schema['licenses']>[] = [];
    const activations: Insertable<Schema['activations']>[] = [];
    for (let index = start; index < Math.min(start + batchSize, count); index += 1) {
      if (index % licensesPerCustomer === 0) {
        customerId = newId();
        const email = `customer-${index}@example.net`;
        customers.push({ id: customerId, email, email_key: email, name: `Customer ${index}`, company: null, locale: 'en', organization_id: null, status: 'validated', notes: null, created_at: now, updated_at: now });
      }
      const id = newId();
      const canonical = canonicalLicenseKey(benchKey(index)) ?? '';
      licenses.push({
        id, key_digest: vault.digest(canonical), key_cipher: new Uint8Array(51), key_id: 'bench', key_hint: canonical.slice(-4), customer_id: customerId, organization_id: null, plan_id: plan.id, product_id: product.id,
        status: 'active', expires_at: now + 365 * 86_400_000, confirmed_at: now, suspended_at: null, subscription_id: null, subscription_status: null, grace_ms: 0, suspended_reason: null, cancelled_at: null, cancelled_reason: null, revoked_at: null, revoked_reason: null,
        max_sites: null, max_version: null, domain_lock: null, created_at: now, updated_at: now,
      });
      activations.push({ id: newId(), license_id: id, kind: 'production', slot: 0, site: benchSite(index), version: null, created_at: now, last_seen_at: now, secret_digest: null });
    }
    await transact(db, async (trx) => {
      for (const rows of chunks(customers, rowsPerStatement)) await trx.insertInto('customers').values(rows).execute();
      for (const rows of chunks(licenses, rowsPerStatement)) await trx.insertInto('licenses').values(rows).execute();
      for (const rows of chunks(activations, rowsPerStatement)) await trx.insertInto('activations').values(rows).execute();
    });
    if (start % 100_000 === 0 && start > 0) process.stderr.write(`  ${start.toLocaleString('en')} licences …\n`);
  }
}

function* chunks<Row>(rows: Row[], size: number): Generator<Row[]> {
  for (let start = 0; start < rows.length; start += size) yield rows.slice(start, start + size);
}
