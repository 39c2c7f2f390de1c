import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { sql } from 'kysely';
import { closeDatabase, openDatabase, transact, type Db } from '../../server/db/database.ts';
import { newId } from '../../server/ids.ts';
import { findLicenseStanding, findLicenseStandingById } from '../../server/licenses/licenses.store.ts';
import { developmentKey } from '../../server/licenses/seed-development-license.ts';
import { canonicalLicenseKey } from '../../server/licenses/license-key.rules.ts';
import { findTermsRow } from '../../server/usage/usage.store.ts';
import { onBothDatabases, useTestApp } from '../harness.ts';

onBothDatabases('what is remembered of a licence', (engine) => {
  const app = useTestApp(engine);

  it('is as it stands after whatever change, by this process or by another', async () => {
    const { deps } = await app();
    const { db, vault, config } = deps;
    const other = openDatabase(config.DATABASE_URL, config.DATA_DIR);
    const digest = vault.digest(canonicalLicenseKey(developmentKey) ?? '');
    const license = await db.selectFrom('licenses').select(['id', 'plan_id', 'product_id']).where('key_digest', '=', digest).executeTakeFirstOrThrow();
    const of = async (from: Db) => JSON.stringify([await findLicenseStanding(from, digest, 'a.example'), await findLicenseStandingById(from, license.id, 'a.example'), await findTermsRow(from, license.id)], (_key, value: unknown) => (value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value));
    const activation = { id: newId(), license_id: license.id, kind: 'production', slot: 0, site: 'a.example', version: null, created_at: 1, last_seen_at: 1, secret_digest: null };
    const settings = { license_id: license.id, paused_at: null, monthly_budget_microcents: null, system_prompt: null, allowed_topics: null, blocked_topics: null, max_input_characters: null, is_moderated: 0, cache_seconds: 0, created_at: 1, updated_at: 1 };
    const changes: ((on: Db) => Promise<unknown>)[] = [
      (on) => on.updateTable('licenses').set({ status: 'suspended' }).where('id', '=', license.id).execute(),
      (on) => on.updateTable('plans').set({ monthly_requests: 7, max_sites: 9 }).where('id', '=', license.plan_id).execute(),
      (on) => on.updateTable('products').set({ code: 'renamed' }).where('id', '=', license.product_id).execute(),
      (on) => on.insertInto('activations').values(activation).execute(),
      (on) => on.updateTable('activations').set({ kind: 'staging' }).where('id', '=', activation.id).execute(),
      (on) => on.deleteFrom('activations').where('id', '=', activation.id).execute(),
      (on) => on.insertInto('license_ai_settings').values(settings).execute(),
      (on) => on.updateTable('license_ai_settings').set({ paused_at: 5 }).where('license_id', '=', license.id).execute(),
      (on) => on.deleteFrom('license_ai_settings').where('license_id', '=', license.id).execute(),
      (on) => transact(on, (trx) => trx.updateTable('licenses').set({ status: 'active' }).where('id', '=', license.id).execute()),
    ];
    try {
      for (const [step, change] of changes.entries()) {
        const before = await of(db);
        assert.equal(await of(db), before);
        await change(step % 2 === 0 ? db : other);
        if (step % 2 === 1) await turn();
        const after = await of(db);
        assert.notEqual(after, before, `change ${step} is seen`);
        await turn();
        assert.equal(after, await of(other));
      }
      const before = await of(db);
      const rolledBack = transact(db, async (trx) => {
        await trx.updateTable('licenses').set({ status: 'cancelled' }).where('id', '=', license.id).execute();
        assert.equal(await of(db), before, 'what is not committed is not seen');
        throw new Error('undone');
      });
      await assert.rejects(rolledBack, /undone/);
      assert.equal(await of(db), before, 'nor what was undone');
    } finally {
      await closeDatabase(other);
    }
  });
});

describe('the tables that facts are remembered of [sqlite]', () => {
  const app = useTestApp('sqlite');

  it('are watched for every way in which their rows change', async () => {
    const { db } = (await app()).deps;
    const triggers = (await sql<{ name: string }>`select name from sqlite_master where type = 'trigger'`.execute(db)).rows.map(({ name }) => name);
    const every = ['licenses', 'activations', 'license_ai_settings', 'provider_keys'].flatMap((table) => ['inserted', 'updated', 'deleted'].map((change) => `${table}_${change}`));
    // A plan or a product that a licence has cannot go, and a new one has no licence yet.
    for (const name of [...every, 'plans_updated', 'products_updated']) assert.ok(triggers.includes(name), name);
  });
});
