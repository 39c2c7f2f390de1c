import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, it } from 'node:test';
import { promisify } from 'node:util';
import { sql } from 'kysely';
import { closeDatabase, databaseHandles, openDatabase } from '../../server/db/database.ts';
import { migrate, pendingMigrations, readMigrations } from '../../server/db/migrate.ts';
import { createTestDatabase, onBothDatabases } from '../harness.ts';

const run = promisify(execFile);
const commandLine = path.resolve(import.meta.dirname, '../../scripts/chatello.ts');

onBothDatabases('a migration', (engine) => {
  const directory = mkdtempSync(path.join(tmpdir(), 'chatello-sql-'));
  const write = (name: string, text: string) => writeFileSync(path.join(directory, engine, name), text);
  mkdirSync(path.join(directory, engine));
  after(() => rmSync(directory, { recursive: true, force: true }));

  it('is applied once by six processes that start at once on an empty database', async () => {
    const database = await createTestDatabase(engine);
    try {
      const env = { ...process.env, NODE_ENV: 'test', DATA_DIR: database.dataDir, DATABASE_URL: database.url ?? '' };
      const outputs = await Promise.all(Array.from({ length: 6 }, () => run(process.execPath, [commandLine, 'migrate', '--json'], { env, cwd: database.dataDir })));
      const applied = outputs.map(({ stdout }) => (JSON.parse(stdout) as { applied: string[] }).applied);
      assert.deepEqual(applied.flat(), readMigrations(engine).map(({ name }) => name));
      assert.equal(applied.filter((names) => names.length > 0).length, 1);
      const db = openDatabase(database.url, database.dataDir);
      assert.deepEqual(await pendingMigrations(db), []);
      assert.equal((await db.selectFrom('plans').select('id').execute()).length, 3);
      await closeDatabase(db);
    } finally {
      await database.drop();
    }
  });

  it('leaves no connection open when the database is closed after it, though nothing else was asked for', async () => {
    const database = await createTestDatabase(engine);
    const db = openDatabase(database.url, database.dataDir);
    await migrate(db, 1);
    await closeDatabase(db);
    const handles = databaseHandles(db);
    if (handles.engine === 'sqlite') assert.deepEqual([handles.sqlite.writer.isOpen, handles.sqlite.reader.isOpen], [false, false]);
    else await assert.rejects(handles.pool.promise().getConnection(), /closed/);
    await database.drop();
  });

  it('that broke off half-way is finished by running it again, and the one before it is not repeated', async () => {
    const database = await createTestDatabase(engine);
    const db = openDatabase(database.url, database.dataDir);
    try {
      write('0001-first.sql', `CREATE TABLE IF NOT EXISTS first (id INTEGER NOT NULL PRIMARY KEY);\nINSERT INTO first (id) VALUES (1);\n`);
      write('0002-second.sql', `-- a comment; with a semicolon\nCREATE TABLE IF NOT EXISTS second (id INTEGER NOT NULL PRIMARY KEY);\nINSERT INTO nowhere (id) VALUES (1);\nCREATE INDEX IF NOT EXISTS second_id ON second (id);\n`);
      await assert.rejects(migrate(db, 1, directory), /nowhere/);
      await assert.rejects(migrate(db, 2, directory), /nowhere/);
      write('0002-second.sql', `CREATE TABLE IF NOT EXISTS second (id INTEGER NOT NULL PRIMARY KEY);\nCREATE INDEX IF NOT EXISTS second_id ON second (id);\n`);
      const repaired = await migrate(db, 3, directory);
      assert.deepEqual(repaired.at(-1), '0002-second.sql');
      assert.deepEqual(await migrate(db, 4, directory), []);
      const { rows } = await sql<{ count: number }>`select count(*) as count from first`.execute(db);
      assert.equal(rows[0]?.count, 1);
      assert.deepEqual((await sql`select * from second`.execute(db)).rows, []);
    } finally {
      await closeDatabase(db);
      await database.drop();
    }
  });

  it('whose number is taken is refused before anything is applied', async () => {
    const database = await createTestDatabase(engine);
    const db = openDatabase(database.url, database.dataDir);
    try {
      write('0002-other.sql', 'CREATE TABLE other (id INTEGER);\n');
      await assert.rejects(migrate(db, 1, directory), /same number/);
      assert.deepEqual(await db.introspection.getTables(), []);
    } finally {
      await closeDatabase(db);
      await database.drop();
    }
  });
});
