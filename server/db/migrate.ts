import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool, PoolConnection, RowDataPacket } from 'mysql2/promise';
import { databaseHandles, isRetryable, type Db, type Engine } from './database.ts';

const sqlDirectory = path.resolve(import.meta.dirname, '../../sql');
const lockTimeoutSeconds = 120;
const ledger = 'CREATE TABLE IF NOT EXISTS schema_migrations (number INTEGER NOT NULL PRIMARY KEY, name VARCHAR(190) NOT NULL, applied_at BIGINT NOT NULL)';
const sqliteLedger = 'CREATE TABLE IF NOT EXISTS schema_migrations (number INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL, applied_at INTEGER NOT NULL) STRICT';

export type Migration = { number: number; name: string; statements: string[] };

/** The numbered files of `sql/ENGINE/`, in order. Throws when two have the same number. */
export function readMigrations(engine: Engine, directory = sqlDirectory): Migration[] {
  const folder = path.join(directory, engine);
  const migrations = readdirSync(folder)
    .filter((file) => /^\d{4}-.+\.sql$/.test(file))
    .sort()
    .map((file) => ({ number: Number(file.slice(0, 4)), name: file, statements: splitStatements(readFileSync(path.join(folder, file), 'utf8')) }));
  if (new Set(migrations.map(({ number }) => number)).size !== migrations.length) throw new Error(`two migrations in ${folder} have the same number`);
  return migrations;
}

/** A statement ends with a semicolon at the end of a line. */
function splitStatements(text: string): string[] {
  return text
    .split(/;[ \t]*$/m)
    .map((statement) => statement.replace(/^\s*--.*$/gm, '').trim())
    .filter((statement) => statement !== '');
}

/**
 * Brings the schema up to date and returns the names of the files it applied. Two processes that start together do it once:
 * SQLite takes the write lock, MariaDB a named lock. A crash half-way is repaired by running again: SQLite rolls back, and
 * every MariaDB statement can be repeated (IF NOT EXISTS).
 */
export async function migrate(db: Db, now: number, directory = sqlDirectory): Promise<string[]> {
  const handles = databaseHandles(db);
  const migrations = readMigrations(handles.engine, directory);
  return handles.engine === 'sqlite' ? migrateSqlite(handles.sqlite.writer, migrations, now) : migrateMariadb(handles.pool.promise(), migrations, now);
}

async function migrateSqlite(database: DatabaseSync, migrations: Migration[], now: number): Promise<string[]> {
  await beginExclusive(database);
  try {
    database.exec(sqliteLedger);
    const applied = new Set(database.prepare('SELECT number FROM schema_migrations').all().map((row) => row['number']));
    const pending = migrations.filter(({ number }) => !applied.has(number));
    for (const { number, name, statements } of pending) {
      for (const statement of statements) database.exec(statement);
      database.prepare('INSERT INTO schema_migrations (number, name, applied_at) VALUES (?, ?, ?)').run(number, name, now);
    }
    database.exec('COMMIT');
    return pending.map(({ name }) => name);
  } catch (error) {
    database.exec('ROLLBACK');
    throw error;
  }
}

async function beginExclusive(database: DatabaseSync): Promise<void> {
  const giveUpAt = performance.now() + lockTimeoutSeconds * 1000;
  for (;;) {
    try {
      database.exec('BEGIN IMMEDIATE');
      return;
    } catch (error) {
      if (!isRetryable(error) || performance.now() > giveUpAt) throw error;
      await sleep(50);
    }
  }
}

async function migrateMariadb(pool: Pool, migrations: Migration[], now: number): Promise<string[]> {
  const connection: PoolConnection = await pool.getConnection();
  try {
    const [locked] = await connection.query<RowDataPacket[]>("SELECT GET_LOCK(CONCAT('chatello_migrate_', MD5(DATABASE())), ?) AS taken", [lockTimeoutSeconds]);
    if (locked[0]?.['taken'] !== 1) throw new Error('another process has been migrating this database for two minutes');
    await connection.query(ledger);
    const [rows] = await connection.query<RowDataPacket[]>('SELECT number FROM schema_migrations');
    const applied = new Set(rows.map((row) => row['number']));
    const pending = migrations.filter(({ number }) => !applied.has(number));
    for (const { number, name, statements } of pending) {
      for (const statement of statements) await connection.query(statement);
      await connection.query('INSERT INTO schema_migrations (number, name, applied_at) VALUES (?, ?, ?)', [number, name, now]);
    }
    return pending.map(({ name }) => name);
  } finally {
    await connection.query("DO RELEASE_LOCK(CONCAT('chatello_migrate_', MD5(DATABASE())))");
    connection.release();
  }
}

/** Names of the migration files that this database has not seen yet. */
export async function pendingMigrations(db: Db): Promise<string[]> {
  const { engine } = databaseHandles(db);
  const tables = await db.introspection.getTables();
  const applied = tables.some(({ name }) => name === 'schema_migrations') ? await db.selectFrom('schema_migrations').select('number').execute() : [];
  const numbers = new Set(applied.map(({ number }) => number));
  return readMigrations(engine).filter(({ number }) => !numbers.has(number)).map(({ name }) => name);
}
