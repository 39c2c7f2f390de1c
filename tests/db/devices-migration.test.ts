import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, it } from 'node:test';
import { sql } from 'kysely';
import { closeDatabase, openDatabase, type Db } from '../../server/db/database.ts';
import { migrate } from '../../server/db/migrate.ts';
import { createTestDatabase, onBothDatabases, type TestDatabase } from '../harness.ts';

const sqlFolder = path.resolve(import.meta.dirname, '../../sql');

/** A row of a table as it was then: what it must have is 1, whatever it means. */
async function insertRow(db: Db, table: string, values: Record<string, string>): Promise<void> {
  const columns = (await db.introspection.getTables()).find(({ name }) => name === table)?.columns ?? [];
  const needed = columns.filter(({ isNullable, hasDefaultValue }) => !isNullable && !hasDefaultValue);
  const row = Object.fromEntries(needed.map(({ name, dataType }) => [name, /blob|binary/i.test(dataType) ? Buffer.from('1') : '1']));
  const all = Object.entries({ ...row, ...values });
  await sql`insert into ${sql.table(table)} (${sql.join(all.map(([name]) => sql.ref(name)))}) values (${sql.join(all.map(([, value]) => value))})`.execute(db);
}

onBothDatabases('the migration to devices', (engine) => {
  let database: TestDatabase | undefined;
  let db: Db | undefined;
  const before = mkdtempSync(path.join(tmpdir(), 'chatello-sql-'));
  after(async () => {
    if (db) await closeDatabase(db);
    await database?.drop();
    rmSync(before, { recursive: true, force: true });
  });

  it('keeps every activation as it was, with what guards it, and may be begun anew', async () => {
    mkdirSync(path.join(before, engine));
    for (const file of readdirSync(path.join(sqlFolder, engine))) if (file < '0016') cpSync(path.join(sqlFolder, engine, file), path.join(before, engine, file));
    database = await createTestDatabase(engine);
    db = openDatabase(database.url, database.dataDir);
    await migrate(db, 1, before);
    await insertRow(db, 'products', { id: 'p' });
    await insertRow(db, 'plans', { id: 'p' });
    await insertRow(db, 'customers', { id: 'c' });
    await insertRow(db, 'licenses', { id: 'l', customer_id: 'c', plan_id: 'p', product_id: 'p' });
    const insert = (id: string, kind: string, slot: number, site: string) => sql`insert into activations (id, license_id, kind, slot, site, version, created_at, last_seen_at, secret_digest) values (${id}, 'l', ${kind}, ${slot}, ${site}, '1.0', 5, 6, ${Buffer.from('secret')})`.execute(db as Db);
    await insert('1', 'production', 0, 'shop.example.com');
    await insert('2', 'staging', 0, 'copy.test');
    assert.ok((await migrate(db, 2)).includes('0016-devices-and-reasons.sql'));
    const rows = await db.selectFrom('activations').selectAll().orderBy('id').execute();
    const kept = { license_id: 'l', slot: 0, fingerprint: null, name: null, name_key: null, platform: null, version: '1.0', created_at: 5, last_seen_at: 6, secret_digest: 'secret' };
    assert.deepEqual(rows.map((row) => ({ ...row, secret_digest: Buffer.from(row.secret_digest ?? []).toString() })), [
      { ...kept, id: '1', kind: 'production', site: 'shop.example.com', is_staging: 0 },
      { ...kept, id: '2', kind: 'staging', site: 'copy.test', is_staging: 1 },
    ]);
    await assert.rejects(insert('3', 'production', 1, 'shop.example.com'), 'a site has one place');
    await assert.rejects(insert('3', 'device', 0, 'other.example.com'), 'and a place one holder, whatever it is');
    await assert.rejects(sql`insert into activations (id, license_id, kind, slot, created_at, last_seen_at) values ('4', 'l', 'device', 1, 5, 6)`.execute(db), 'which is a site or a device');
    if (engine === 'mariadb') {
      // As after a crash in its middle.
      await sql`delete from schema_migrations where number = 16`.execute(db);
      assert.deepEqual(await migrate(db, 3), ['0016-devices-and-reasons.sql']);
    }
  });
});
