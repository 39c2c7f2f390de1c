import assert from 'node:assert/strict';
import { it } from 'node:test';
import { mapProduct } from '../../server/billing/map-product.ts';
import { onBothDatabases, useTestApp } from '../harness.ts';

const by = { actor: 'test' };

onBothDatabases('map-product', (engine) => {
  const app = useTestApp(engine);

  it('saves one mapping when it is called many times at once for a product that was not mapped', async () => {
    const { deps, clock } = await app();
    for (let round = 0; round < 10; round += 1) {
      const input = { provider: 'paddle', externalId: `pri_race_${round}`, months: 12 };
      await Promise.all(['starter', 'pro', 'agency', 'pro'].map((plan) => mapProduct(deps.db, { ...input, plan }, by, clock.now)));
    }
    const rows = await deps.db.selectFrom('product_mappings').select('id').where('provider', '=', 'paddle').execute();
    assert.equal(rows.length, 10);
    const audited = await deps.db.selectFrom('audit_log').select('entity_id').where('action', '=', 'product_mapping.saved').execute();
    assert.deepEqual([audited.length, new Set(audited.map(({ entity_id: id }) => id)).size], [40, 10]);
  });
});
