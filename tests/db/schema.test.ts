import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sql, type RawBuilder } from 'kysely';
import { closeDatabase, openDatabase, type Db, type Engine } from '../../server/db/database.ts';
import { migrate, readMigrations } from '../../server/db/migrate.ts';
import { createTestDatabase } from '../harness.ts';

type Column = { table: string; column: string; nullable: boolean | 0 | 1; type: string };
type Key = { table: string; columns: string; unique: boolean | 0 | 1 };
type Reference = { table: string; columns: string; target: string };
type Shape = { columns: Column[]; primaryKeys: Key[]; uniqueKeys: Key[]; indexes: Key[]; references: Reference[] };

const order = (row: object) => JSON.stringify(row, ['table', 'column', 'columns', 'target', 'unique']);
/** Sorted here: the engines have their own order of letters. */
const inOrder = <Row extends object>(rows: Row[]) => rows.sort((a, b) => (order(a) < order(b) ? -1 : 1));
/** What only one engine needs: MariaDB remembers no facts. */
const ofOneEngine = new Set(['fact_changes']);
const rowsOf = async <Row extends object>(db: Db, query: RawBuilder<Row>) => inOrder((await query.execute(db)).rows.map((row) => ({ ...row })).filter((row) => !('table' in row && ofOneEngine.has(String(row.table)))));

const sqliteColumns = sql<Column>`
  select m.name as "table", p.name as "column", p."notnull" = 0 as nullable, p.type as type
  from sqlite_master m join pragma_table_xinfo(m.name) p where m.type = 'table'`;
const sqliteKeys = sql<Key & { origin: string }>`
  select "table", group_concat(name) as columns, "unique", origin from (
    select m.name as "table", l.name as key_name, l."unique" as "unique", l.origin as origin, i.name as name
    from sqlite_master m join pragma_index_list(m.name) l join pragma_index_info(l.name) i where m.type = 'table' order by m.name, l.name, i.seqno
  ) group by "table", key_name`;
const sqliteRowidKeys = sql<Key>`
  select m.name as "table", p.name as columns, 1 as "unique" from sqlite_master m join pragma_table_info(m.name) p where m.type = 'table' and p.pk = 1 and p.type = 'INTEGER'`;
const sqliteReferences = sql<Reference>`
  select m.name as "table", f."from" as columns, f."table" || '.' || f."to" as target from sqlite_master m join pragma_foreign_key_list(m.name) f where m.type = 'table'`;

const mariadbColumns = sql<Column>`
  select table_name as \`table\`, column_name as \`column\`, is_nullable = 'YES' as nullable, data_type as type
  from information_schema.columns where table_schema = database()`;
const mariadbKeys = sql<Key & { origin: string }>`
  select table_name as \`table\`, group_concat(column_name order by seq_in_index) as columns, non_unique = 0 as \`unique\`, if(index_name = 'PRIMARY', 'pk', 'c') as origin
  from information_schema.statistics where table_schema = database() group by table_name, index_name, non_unique`;
const mariadbReferences = sql<Reference>`
  select table_name as \`table\`, column_name as columns, concat(referenced_table_name, '.', referenced_column_name) as target
  from information_schema.key_column_usage where table_schema = database() and referenced_table_name is not null`;

/** What a stored value can be, by the type names of both engines. */
const families: Record<string, string> = { INTEGER: 'number', int: 'number', bigint: 'number', tinyint: 'number', TEXT: 'text', varchar: 'text', text: 'text', longtext: 'text', BLOB: 'bytes', varbinary: 'bytes', longblob: 'bytes' };

async function shapeOf(engine: Engine): Promise<Shape> {
  const database = await createTestDatabase(engine);
  const db = openDatabase(database.url, database.dataDir);
  try {
    await migrate(db, 1);
    const keys = await rowsOf(db, engine === 'sqlite' ? sqliteKeys : mariadbKeys);
    if (engine === 'sqlite') keys.push(...(await rowsOf(db, sqliteRowidKeys)).map((key) => ({ ...key, origin: 'pk' })));
    const listed = (wanted: (key: (typeof keys)[number]) => boolean) => inOrder(keys.filter(wanted).map(({ table, columns, unique }) => ({ table, columns, unique: Boolean(unique) })));
    const columns = await rowsOf(db, engine === 'sqlite' ? sqliteColumns : mariadbColumns);
    return {
      columns: columns.map((column) => ({ ...column, nullable: Boolean(column.nullable), type: families[column.type] ?? column.type })),
      primaryKeys: listed(({ origin }) => origin === 'pk'),
      uniqueKeys: listed(({ origin, unique }) => origin !== 'pk' && Boolean(unique)),
      indexes: listed(({ unique }) => !unique),
      references: await rowsOf(db, engine === 'sqlite' ? sqliteReferences : mariadbReferences),
    };
  } finally {
    await closeDatabase(db);
    await database.drop();
  }
}

describe('the two schemas', async () => {
  const [sqlite, mariadb] = [await shapeOf('sqlite'), await shapeOf('mariadb')];

  it('come from files of the same numbers and names', () => {
    const names = (engine: Engine) => readMigrations(engine).map(({ name }) => name);
    assert.deepEqual(names('sqlite'), names('mariadb'));
  });

  it('have the same tables and columns, the same kinds of values, the same nullability', () => {
    assert.ok(sqlite.columns.length > 200);
    assert.deepEqual(sqlite.columns, mariadb.columns);
  });

  it('have the same primary keys', () => {
    assert.equal(sqlite.primaryKeys.length, new Set(sqlite.columns.map(({ table }) => table)).size);
    assert.deepEqual(sqlite.primaryKeys, mariadb.primaryKeys);
  });

  it('have the same unique keys', () => {
    assert.ok(sqlite.uniqueKeys.length > 15);
    assert.deepEqual(sqlite.uniqueKeys, mariadb.uniqueKeys);
  });

  it('have the same foreign keys, and the same other indexes where MariaDB does not make one for a foreign key', () => {
    assert.deepEqual(sqlite.references, mariadb.references);
    const named = (key: Key) => `${key.table} (${key.columns})`;
    const automatic = new Set(mariadb.references.map(({ table, columns }) => `${table} (${columns})`));
    const known = new Set(sqlite.indexes.map(named));
    assert.deepEqual(mariadb.indexes.map(named).filter((name) => known.has(name) || !automatic.has(name)), sqlite.indexes.map(named));
  });
});
