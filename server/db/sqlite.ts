import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { SqliteDialect, type SqliteDatabase, type SqliteStatement } from 'kysely';

const busyTimeoutMs = 250;
const cachedStatements = 300;

// Counters change with every request: what is written back to the file less often is written back fewer times. Most of it is done by a thread (write-back.ts); the rest by
// whose write makes the log this long, since only then nobody writes meanwhile and it can begin anew. 8,000 pages are 32 MB.
const pagesPerCheckpoint = 8_000;

/** Opens a file in WAL mode with foreign keys on, readable by its owner only. */
function openFile(file: string, readOnly: boolean): DatabaseSync {
  if (!readOnly) {
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    closeSync(openSync(file, 'a', 0o600));
    chmodSync(file, 0o600);
  }
  const database = new DatabaseSync(file, { readOnly, timeout: busyTimeoutMs });
  database.exec('PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON; PRAGMA cache_size = -65536; PRAGMA mmap_size = 1073741824; PRAGMA temp_store = MEMORY');
  if (!readOnly) database.exec(`PRAGMA wal_autocheckpoint = ${pagesPerCheckpoint}`);
  return database;
}

export type SqliteHandles = { writer: DatabaseSync; reader: DatabaseSync };

/** A writer for Kysely and a read-only connection for prepared reads, which a running transaction therefore never holds up. */
export function openSqlite(file: string): SqliteHandles {
  const writer = openFile(file, false);
  enterWalMode(writer);
  return { writer, reader: openFile(file, true) };
}

/** Changing the journal mode does not honour the busy timeout, so two processes that start at once take turns here. */
function enterWalMode(database: DatabaseSync): void {
  for (let attempt = 1; ; attempt += 1) {
    try {
      database.exec('PRAGMA journal_mode = WAL');
      return;
    } catch (error) {
      if (attempt === 100) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    }
  }
}

/** A statement of a connection, prepared when it is first asked for. */
export type StatementCache = (text: string) => SqliteStatement;

/** Prepared statements of the writer; the least recently made go when there are too many. `onWrite` is told of each that may have written. */
export function statementCache(writer: DatabaseSync, onWrite: () => void = () => undefined): StatementCache {
  const statements = new Map<string, SqliteStatement>();
  return (text) => {
    const known = statements.get(text);
    if (known) return known;
    const statement = text === 'begin' ? beginNow(writer) : asKyselyStatement(writer.prepare(text), onWrite);
    if (statements.size >= cachedStatements) statements.delete(statements.keys().next().value ?? '');
    statements.set(text, statement);
    return statement;
  };
}

/**
 * A deferred transaction that reads first and writes later could fail half-way with SQLITE_BUSY; an immediate one takes its turn at the beginning. It fails at once when
 * another process writes: waiting for the lock inside SQLite would hold up everything else of this process, so transact tries again.
 */
function beginNow(writer: DatabaseSync): SqliteStatement {
  const begin = writer.prepare('begin immediate');
  return {
    ...asKyselyStatement(begin, () => undefined),
    run() {
      writer.exec('PRAGMA busy_timeout = 0');
      try {
        return begin.run();
      } finally {
        writer.exec(`PRAGMA busy_timeout = ${busyTimeoutMs}`);
      }
    },
  };
}

/** Which facts are the newest ones of an embedded database: another number after each change of the tables that sql/sqlite/0013 watches, whichever process made it. */
export type FactVersion = {
  current(): number;
  /** Looks again before the next answer, for this process has written. Without it that is done once in a turn of the event loop: looking for each of many requests would cost as much as reading. */
  forget(): void;
};

export function factVersion(writer: DatabaseSync): FactVersion {
  let look: StatementSync | undefined;
  let known: number | undefined;
  const forget = () => {
    known = undefined;
  };
  return {
    current() {
      if (known === undefined) {
        look ??= writer.prepare('SELECT count FROM fact_changes');
        known = look.get()?.['count'] as number;
        setImmediate(forget);
      }
      return known;
    },
    forget,
  };
}

/** node:sqlite in the shape that Kysely's SqliteDialect expects of better-sqlite3. */
export function sqliteDialect(writer: DatabaseSync, prepare: StatementCache): SqliteDialect {
  const database: SqliteDatabase = { prepare, close: () => writer.close() };
  return new SqliteDialect({ database });
}

function asKyselyStatement(statement: StatementSync, onWrite: () => void): SqliteStatement {
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => statement.all(...(parameters as SQLInputValue[])),
    run: (parameters) => {
      const { changes, lastInsertRowid } = statement.run(...(parameters as SQLInputValue[]));
      onWrite();
      return { changes, lastInsertRowid };
    },
    iterate: (parameters) => statement.iterate(...(parameters as SQLInputValue[])),
  };
}
