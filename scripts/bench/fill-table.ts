import { sql } from 'kysely';
import { databaseHandles, type Db, type Engine } from '../../server/db/database.ts';

/** Words of SQL that the engines have different names for. `n` is the number of the row. */
type Dialect = {
  id: (kind: string, n: string) => string;
  text: (...parts: string[]) => string;
  bytes: (n: string) => string;
  whole: (a: string, b: string) => string;
};
export const dialects: Record<Engine, Dialect> = {
  sqlite: {
    id: (kind, n) => `printf('01900000-${kind}-7000-8000-%012x', ${n})`,
    text: (...parts) => parts.join(' || '),
    bytes: (n) => `CAST(printf('%032d', ${n}) AS BLOB)`,
    whole: (a, b) => `(${a} / ${b})`,
  },
  mariadb: {
    id: (kind, n) => `CONCAT('01900000-${kind}-7000-8000-', LPAD(LOWER(HEX(${n})), 12, '0'))`,
    text: (...parts) => `CONCAT(${parts.join(', ')})`,
    bytes: (n) => `CAST(LPAD(${n}, 32, '0') AS BINARY)`,
    whole: (a, b) => `(${a} DIV ${b})`,
  },
};

/**
 * Puts rows number 0 to `count` - 1 into an empty table, as quickly as the engine can: without checking references, and with the indexes made in one go
 * afterwards, from sorted rows. Row by row most of the time would go into indexes whose pages are not at hand.
 */
export async function fillTable(db: Db, table: string, count: number, columns: Record<string, string>): Promise<void> {
  const startedAt = performance.now();
  const into = `INSERT INTO ${table} (${Object.keys(columns).join(', ')})`;
  const select = `SELECT ${Object.values(columns).join(', ')} FROM`;
  const handles = databaseHandles(db);
  if (handles.engine === 'sqlite') {
    const { writer } = handles.sqlite;
    const later = writer.prepare("SELECT type, name, sql FROM sqlite_master WHERE tbl_name = ? AND type IN ('index', 'trigger') AND sql IS NOT NULL").all(table) as { type: string; name: string; sql: string }[];
    // 'temp_store': an index over ten million rows is not sorted in memory.
    writer.exec('PRAGMA foreign_keys = OFF; PRAGMA synchronous = OFF; PRAGMA temp_store = FILE; BEGIN');
    for (const { type, name } of later) writer.exec(`DROP ${type} ${name}`);
    writer.exec(`WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${count - 1}) ${into} ${select} numbers`);
    for (const { sql: text } of later) writer.exec(text);
    writer.exec('COMMIT; PRAGMA wal_checkpoint(TRUNCATE); PRAGMA foreign_keys = ON; PRAGMA synchronous = NORMAL; PRAGMA temp_store = MEMORY');
  } else {
    await db.connection().execute(async (connection) => {
      // With both checks off MariaDB fills an empty table and all its indexes from sorted rows by itself.
      await sql`SET SESSION foreign_key_checks = 0, unique_checks = 0`.execute(connection);
      await sql.raw(`${into} ${select} (SELECT seq AS n FROM seq_0_to_${count - 1}) AS numbers`).execute(connection);
      await sql`SET SESSION foreign_key_checks = 1, unique_checks = 1`.execute(connection);
    });
  }
  process.stderr.write(`  ${count.toLocaleString('en')} ${table} in ${((performance.now() - startedAt) / 1000).toFixed(1)} s\n`);
}
