import path from 'node:path';
import type { SQLInputValue } from 'node:sqlite';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { Pool, RowDataPacket } from 'mysql2';
import { CompiledQuery, Kysely, sql } from 'kysely';
import { acquireConnection, mariadbDialect, openMariadbPool } from './mariadb.ts';
import type { Schema } from './schema.ts';
import { factVersion, openSqlite, sqliteDialect, statementCache, type FactVersion, type SqliteHandles, type StatementCache } from './sqlite.ts';

/** What stores take: the database or a transaction on it. */
export type Db = Kysely<Schema>;
export type Engine = 'sqlite' | 'mariadb';

type Handles = { engine: 'sqlite'; sqlite: SqliteHandles; facts: FactVersion; uncounted: StatementCache } | { engine: 'mariadb'; pool: Pool };
const handlesOf = new WeakMap<Db, Handles>();

/** Opens the database that DATABASE_URL names, or `chatello.sqlite` in the data directory. closeDatabase closes it. */
export function openDatabase(url: string | undefined, dataDir: string): Db {
  if (url === undefined || url.startsWith('sqlite:')) {
    const file = path.resolve(dataDir, url === undefined ? 'chatello.sqlite' : url.slice('sqlite:'.length));
    const sqlite = openSqlite(file);
    const facts = factVersion(sqlite.writer);
    const db = new Kysely<Schema>({ dialect: sqliteDialect(sqlite.writer, statementCache(sqlite.writer, () => facts.forget())) });
    handlesOf.set(db, { engine: 'sqlite', sqlite, facts, uncounted: statementCache(sqlite.writer) });
    return db;
  }
  const pool = openMariadbPool(url);
  const db = new Kysely<Schema>({ dialect: mariadbDialect(pool) });
  handlesOf.set(db, { engine: 'mariadb', pool });
  return db;
}

/** Closes every connection. Kysely would close those only that it has used itself. */
export async function closeDatabase(db: Db): Promise<void> {
  const handles = databaseHandles(db);
  if (handles.engine === 'mariadb') return handles.pool.promise().end();
  handles.sqlite.reader.close();
  handles.sqlite.writer.close();
}

/** The driver below a database (not a transaction), for migrations and prepared reads. */
export function databaseHandles(db: Db): Handles {
  const handles = handlesOf.get(db);
  if (!handles) throw new Error('not a database opened by openDatabase');
  return handles;
}

/**
 * A query that is compiled once and then runs as a prepared statement, without Kysely's building cost: for the hot paths.
 * `build` gets placeholders in the order of the parameters. Inside a transaction it runs on that transaction.
 */
export function preparedRead<Row, Parameters extends readonly unknown[]>(build: (db: Db) => CompiledQuery<Row>): (db: Db, parameters: Parameters) => Promise<Row[]> {
  const runners = new WeakMap<Db, (parameters: Parameters) => Row[] | Promise<Row[]>>();
  return async (db, parameters) => {
    let run = runners.get(db);
    if (!run) {
      run = prepare<Row, Parameters>(db, build(db));
      runners.set(db, run);
    }
    return run(parameters);
  };
}

function prepare<Row, Parameters extends readonly unknown[]>(db: Db, query: CompiledQuery<Row>): (parameters: Parameters) => Row[] | Promise<Row[]> {
  const handles = handlesOf.get(db);
  if (handles?.engine === 'sqlite') {
    const { writer, reader } = handles.sqlite;
    const [onWriter, onReader] = [writer.prepare(query.sql), reader.prepare(query.sql)];
    // The writer knows the pages that it has just written, which another connection would have to read again; what its open transaction has written is not for others.
    return (parameters) => (writer.isTransaction ? onReader : onWriter).all(...(parameters as unknown as [])) as Row[];
  }
  if (handles?.engine === 'mariadb') {
    const { pool } = handles;
    return (parameters) =>
      new Promise((resolve, reject) => {
        acquireConnection(pool, (refused, connection) => {
          if (!connection) return reject(refused);
          connection.execute<RowDataPacket[]>(query.sql, parameters as unknown as [], (error, rows) => {
            connection.release();
            if (error) reject(error);
            else resolve(rows as unknown as Row[]);
          });
        });
      });
  }
  return async (parameters) => (await db.executeQuery<Row>({ ...query, parameters })).rows;
}

/** The connection of a transaction on the embedded database: nobody else uses it while the transaction lasts. */
const writerOf = new WeakMap<Db, StatementCache>();

/** A statement for runStatement, with its text for both databases. `order`: where MariaDB, which knows no numbered parameters, wants which of them. */
export type FixedStatement = { sqlite: string; mariadb: string; order: number[] };

/** `text` has numbered parameters (`?1`), which may stand there several times. `returning`: columns of the changed rows that SQLite hands back; MariaDB has no words for that. */
export function fixedStatement(text: string, returning: string[] = []): FixedStatement {
  const order: number[] = [];
  const mariadb = text.replace(/\?(\d+)/g, (_parameter, place: string) => {
    order.push(Number(place) - 1);
    return '?';
  });
  return { sqlite: returning.length === 0 ? text : `${text} RETURNING ${returning.join(', ')}`, mariadb, order };
}

/** Runs a statement of a fixed text without Kysely's building and passing on, for the hot paths: it belongs into a transaction (transact). `rows` is undefined where the database has handed none back. It is not for the tables of a rememberedRead. */
export async function runStatement<Row>(db: Db, { sqlite, mariadb, order }: FixedStatement, parameters: SQLInputValue[]): Promise<{ rows: Row[] | undefined; changed: number }> {
  const statement = writerOf.get(db)?.(sqlite);
  if (!statement) {
    const { rows, numAffectedRows } = await db.executeQuery<Row>(CompiledQuery.raw(mariadb, order.map((place) => parameters[place])));
    return { rows: numAffectedRows === undefined ? rows : undefined, changed: Number(numAffectedRows ?? 0) };
  }
  if (!statement.reader) return { rows: undefined, changed: Number(statement.run(parameters).changes) };
  const rows = statement.all(parameters) as Row[];
  return { rows, changed: rows.length };
}

const transactionAttempts = 60;
const hastyAttempts = 50;
/** A lock that lasts longer than this is somebody's who hangs: a caller who went on waiting would keep a connection from everybody else. */
const retryMs = 20_000;

/**
 * Runs `work` in one transaction and commits it. A deadlock, a lock wait or a busy file rolls everything back and runs `work` again,
 * so it must have no effect outside the database. What is committed survives a power failure, unless it is said to be `unsynced`:
 * then the embedded database may lose the last moments (never its order), which is a fifty times cheaper commit.
 */
export async function transact<Result>(db: Db, work: (trx: Db) => Promise<Result>, durability: 'synced' | 'unsynced' = 'synced'): Promise<Result> {
  if (db.isTransaction) return work(db);
  const handles = handlesOf.get(db);
  const isSynced = durability === 'synced' && handles?.engine === 'sqlite';
  const onWriter = (trx: Db) => {
    if (handles?.engine === 'sqlite') writerOf.set(trx, handles.uncounted);
    return work(trx);
  };
  const giveUpAt = performance.now() + retryMs;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await (isSynced ? transactSynced(db, onWriter) : db.transaction().execute(onWriter));
    } catch (error) {
      if (!isRetryable(error) || performance.now() > giveUpAt) throw error;
      if (handles?.engine === 'sqlite') await turnForOthers(attempt);
      else if (attempt === transactionAttempts) throw error;
      else await sleep(Math.min(5 * 2 ** attempt, 200) * (0.5 + Math.random()));
    }
  }
}

/** Another process writes to the file, mostly for less than a millisecond: the first attempts follow at once, without holding up whatever else is to be done here. */
async function turnForOthers(attempt: number): Promise<void> {
  if (attempt < hastyAttempts) await nextTurn();
  else await sleep(1 + Math.random() * Math.min(attempt / 10, 20));
}

/** A part of a transaction that leaves nothing behind when it throws, so that the rest can go on. Not to be nested. */
export async function inSavepoint<Result>(trx: Db, work: () => Promise<Result>): Promise<Result> {
  await sql`savepoint part`.execute(trx);
  let result: Result;
  try {
    result = await work();
  } catch (error) {
    // A deadlock has rolled everything back, the savepoint too.
    if (!isRetryable(error)) await sql`rollback to savepoint part`.execute(trx);
    throw error;
  }
  await sql`release savepoint part`.execute(trx);
  return result;
}

/** Syncing the log with this commit also makes every earlier commit durable, those of other transactions too. */
function transactSynced<Result>(db: Db, work: (trx: Db) => Promise<Result>): Promise<Result> {
  return db.connection().execute(async (connection) => {
    await sql`PRAGMA synchronous = FULL`.execute(connection);
    try {
      return await connection.transaction().execute(work);
    } finally {
      await sql`PRAGMA synchronous = NORMAL`.execute(connection);
    }
  });
}

const mysqlRetryable = new Set([1205, 1213, 1020]);
const sqliteBusy = 5;
const sqliteLocked = 6;

/** Thrown inside a transaction that has acted on what another one has changed meanwhile: it is rolled back and run again. */
export class ChangedMeanwhile extends Error {
  override name = 'ChangedMeanwhile';
}

/** Whether the same transaction may succeed when it is run again: deadlock (1213), lock wait (1205), Galera conflict (1213), record changed (1020), SQLITE_BUSY, ChangedMeanwhile. */
export function isRetryable(error: unknown): boolean {
  if (error instanceof ChangedMeanwhile) return true;
  const { errno, errcode } = numbersOf(error);
  return (errno !== undefined && mysqlRetryable.has(errno)) || (errcode !== undefined && [sqliteBusy, sqliteLocked].includes(errcode & 0xff));
}

const sqliteUniqueViolations = new Set([1555, 2067]);

/** Whether a unique constraint refused a row. */
export function isDuplicateKey(error: unknown): boolean {
  const { errno, errcode } = numbersOf(error);
  return errno === 1062 || (errcode !== undefined && sqliteUniqueViolations.has(errcode));
}

/** Whether a row could not be deleted because others refer to it. */
export function isStillReferenced(error: unknown): boolean {
  const { errno, errcode } = numbersOf(error);
  return errno === 1451 || errcode === 787;
}

/** Whether a row could not be added because the one that it refers to is not there. */
export function isReferenceMissing(error: unknown): boolean {
  const { errno, errcode } = numbersOf(error);
  return errno === 1452 || errcode === 787;
}

function numbersOf(error: unknown): { errno?: number; errcode?: number } {
  return typeof error === 'object' && error !== null ? error : {};
}

/** Runs an insert and says whether it took place; false when a unique constraint says the row stands already. */
export async function insertedOnce(insert: Promise<unknown>): Promise<boolean> {
  try {
    await insert;
    return true;
  } catch (error) {
    if (isDuplicateKey(error)) return false;
    throw error;
  }
}
