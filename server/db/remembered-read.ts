import type { CompiledQuery } from 'kysely';
import { databaseHandles, preparedRead, type Db } from './database.ts';

type Memory<Row> = { version: number; rows: Map<string, Row[]> };

const mostRemembered = 10_000;

/**
 * A preparedRead of the tables that decide whether a licence may ask AI models, which is asked for all the time and seldom changes. On the
 * embedded database rows are remembered until one of these tables changes (sql/sqlite/0013), so they are never older than a read that began a
 * turn of the event loop ago. MariaDB is asked every time. The rows are shared: nobody may change them.
 */
export function rememberedRead<Row, Parameters extends readonly unknown[]>(build: (db: Db) => CompiledQuery<Row>, keyOf: (parameters: Parameters) => string): (db: Db, parameters: Parameters) => Promise<readonly Readonly<Row>[]> {
  const read = preparedRead<Row, Parameters>(build);
  const memories = new WeakMap<Db, Memory<Row>>();
  return async (db, parameters) => {
    const handles = db.isTransaction ? undefined : databaseHandles(db);
    // A transaction that is open has written what is not for others yet, and perhaps never will be.
    if (handles?.engine !== 'sqlite' || handles.sqlite.writer.isTransaction) return read(db, parameters);
    let memory = memories.get(db);
    const version = handles.facts.current();
    if (memory?.version !== version || memory.rows.size >= mostRemembered) {
      memory = { version, rows: new Map() };
      memories.set(db, memory);
    }
    const key = keyOf(parameters);
    const { rows: remembered } = memory;
    const known = remembered.get(key);
    if (known) return known;
    const rows = await read(db, parameters);
    remembered.set(key, rows);
    return rows;
  };
}
