import { seedCatalog } from './ai/catalog/seed-catalog.ts';
import { seedMappings } from './billing/seed-mappings.ts';
import { insertedOnce, transact } from './db/database.ts';
import type { Deps } from './deps.ts';
import { seedDevelopmentLicense } from './licenses/seed-development-license.ts';
import { seedPlans } from './plans/seed-plans.ts';

/** Adds what a new database needs: the plans, the product, the SKUs that are mapped to plans and, outside production, the development licence. Of two processes that start at once, one does it. */
export async function seed({ config, db, vault, now }: Pick<Deps, 'config' | 'db' | 'vault' | 'now'>): Promise<void> {
  await insertedOnce(
    transact(db, async (trx) => {
      await seedPlans(trx, now());
      await seedMappings(trx, now());
      await seedCatalog(trx, now());
      if (config.NODE_ENV !== 'production') await seedDevelopmentLicense(trx, vault, now());
    }),
  );
}
