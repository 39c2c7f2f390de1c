import { sql } from 'kysely';
import { fixedStatement, runStatement, type Db, type Engine } from '../db/database.ts';

type Value = string | number | null;
export type Table = { name: string; keys: readonly string[]; values: readonly string[]; how: 'add' | 'replace' };

const rowsPerStatement = 500;

/**
 * Adds to the values of rows, or replaces them; a row that is not there is made. On the embedded database one prepared statement runs for
 * each row; on MariaDB one goes to the server for many.
 */
export async function putRows(db: Db, engine: Engine, { name, keys, values, how }: Table, rows: Record<string, Value>[]): Promise<void> {
  const columns = [...keys, ...values];
  if (engine === 'sqlite') {
    const statement = fixedStatement(`INSERT INTO ${name} (${columns.join(', ')}) VALUES (${columns.map((_column, index) => `?${index + 1}`).join(', ')}) ON CONFLICT (${keys.join(', ')}) DO ${values.length === 0 ? 'NOTHING' : `UPDATE SET ${values.map((column) => `${column} = ${how === 'add' ? `${column} + ` : ''}excluded.${column}`).join(', ')}`}`);
    for (const row of rows) await runStatement(db, statement, columns.map((column) => row[column] ?? null));
    return;
  }
  const sets = values.length === 0 ? [`${keys[0]} = ${keys[0]}`] : values.map((column) => `${column} = ${how === 'add' ? `${column} + ` : ''}VALUES(${column})`);
  for (let start = 0; start < rows.length; start += rowsPerStatement) {
    const part = rows.slice(start, start + rowsPerStatement).map((row) => sql`(${sql.join(columns.map((column) => row[column] ?? null))})`);
    await sql`INSERT INTO ${sql.table(name)} (${sql.join(columns.map((column) => sql.ref(column)))}) VALUES ${sql.join(part)} ON DUPLICATE KEY UPDATE ${sql.raw(sets.join(', '))}`.execute(db);
  }
}

export const figuresTable: Table = { name: 'figures', keys: ['scope_id', 'name', 'bucket', 'label', 'detail'], values: ['amount'], how: 'add' };
export const sourcesTable: Table = { name: 'figure_sources', keys: ['kind', 'entity_id'], values: ['facts', 'next_at'], how: 'replace' };
export const cursorsTable: Table = { name: 'figure_cursors', keys: ['name'], values: ['position', 'entity_id', 'updated_at'], how: 'replace' };
export const wordsTable: Table = { name: 'customer_words', keys: ['scope_id', 'word', 'customer_id'], values: [], how: 'replace' };
